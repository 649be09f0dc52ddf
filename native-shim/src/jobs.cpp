#include "jobs.h"

#include "failure.h"

#include <algorithm>
#include <new>

namespace engine_shim {

namespace {

Outcome runJob(Job &job) noexcept {
    Outcome outcome;
    try {
        try {
            job.stopIfCancelled();
            job.run();
        } catch (const Failure &failure) {
            outcome.status = failure.status();
            outcome.sentence = failure.sentence();
        } catch (const std::bad_alloc &) {
            outcome.status = ES_OUT_OF_MEMORY;
            outcome.sentence = "There is not enough memory.";
        } catch (const std::exception &error) {
            outcome.status = ES_INTERNAL;
            outcome.sentence = std::string("Unexpected error in the engine shim: ") + error.what();
        } catch (...) {
            outcome.status = ES_INTERNAL;
            outcome.sentence = "Unexpected error in the engine shim.";
        }
    } catch (...) {
        /* No memory even for the sentence; the status stands. */
    }
    return outcome;
}

} // namespace

void Job::stopIfCancelled() const {
    if (isCancelled()) {
        throw Failure(ES_CANCELLED, "Cancelled.");
    }
}

void Lane::submit(std::shared_ptr<Job> job) {
    const std::lock_guard<std::mutex> lock(mMutex);
    if (!mThread.isRunning()) {
        mThread.start(mName, [this] { loop(); });
    }
    mQueue.push_back(std::move(job));
    mWake.notify_one();
}

bool Lane::cancel(uint64_t id) {
    std::shared_ptr<Job> waiting;
    {
        const std::lock_guard<std::mutex> lock(mMutex);
        if (mRunning && mRunning->id() == id) {
            mRunning->cancel();
            return true;
        }
        const auto found = std::find_if(mQueue.begin(), mQueue.end(), [id](const auto &job) { return job->id() == id; });
        if (found == mQueue.end()) {
            return false;
        }
        waiting = std::move(*found);
        mQueue.erase(found);
    }
    waiting->cancel();
    waiting->releaseWork();
    mFinish(waiting, Outcome{ES_CANCELLED, "Cancelled before it started."});
    return true;
}

void Lane::stop() noexcept {
    {
        const std::lock_guard<std::mutex> lock(mMutex);
        mStopping = true;
        for (const auto &job : mQueue) {
            job->cancel();
        }
        if (mRunning) {
            mRunning->cancel();
        }
        mWake.notify_one();
    }
    mThread.join();
}

void Lane::loop() noexcept {
    for (;;) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock<std::mutex> lock(mMutex);
            mRunning.reset();
            mWake.wait(lock, [this] { return mStopping || !mQueue.empty(); });
            if (mQueue.empty()) {
                return;
            }
            job = std::move(mQueue.front());
            mQueue.pop_front();
            mRunning = job;
        }
        const Outcome outcome = runJob(*job);
        job->releaseWork();
        try {
            mFinish(job, outcome);
        } catch (...) {
            /* Finish only marks and pushes an event; both are noexcept. */
        }
    }
}

} // namespace engine_shim
