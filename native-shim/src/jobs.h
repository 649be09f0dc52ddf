/*
 * jobs.h - a job, what it may do while it runs, and a lane: one thread that runs jobs in the order they came.
 */
#pragma once

#include "engine_shim.h"
#include "platform.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace engine_shim {

class Job {
public:
    /* Does the job and leaves what it made in result(). Throws Failure when it cannot. */
    using Work = std::function<void(Job &)>;

    Job(uint64_t id, Work work) : mId(id), mWork(std::move(work)) {}

    uint64_t id() const noexcept { return mId; }
    std::vector<uint8_t> &result() noexcept { return mResult; }

    void cancel() noexcept { mCancelled.store(true, std::memory_order_relaxed); }
    bool isCancelled() const noexcept { return mCancelled.load(std::memory_order_relaxed); }
    /* Throws a Failure with ES_CANCELLED when somebody asked to stop. */
    void stopIfCancelled() const;

    void run() { mWork(*this); }
    /* Lets go of what the work holds (paths, options), which a finished job needs no more. */
    void releaseWork() noexcept { mWork = nullptr; }

    void setFinished() noexcept { mFinished.store(true, std::memory_order_release); }
    bool isFinished() const noexcept { return mFinished.load(std::memory_order_acquire); }
    /* Its DONE event is in the ring; under the session's mutex. */
    void setTold() noexcept { mTold = true; }
    bool isTold() const noexcept { return mTold; }

private:
    const uint64_t mId;
    Work mWork;
    std::vector<uint8_t> mResult;
    std::atomic<bool> mCancelled{false};
    std::atomic<bool> mFinished{false};
    bool mTold = false;
};

template <typename T> void appendBytes(std::vector<uint8_t> &bytes, const T &value) {
    const auto *first = reinterpret_cast<const uint8_t *>(&value);
    bytes.insert(bytes.end(), first, first + sizeof(T));
}

/* What became of a job; the session turns it into a DONE event. */
struct Outcome {
    es_status status = ES_OK;
    std::string sentence;
};

class Lane {
public:
    using Finish = std::function<void(const std::shared_ptr<Job> &, const Outcome &)>;

    /* name: for debuggers, at most 15 characters. finish is called once for each job. The thread starts with the first. */
    Lane(const char *name, Finish finish) : mName(name), mFinish(std::move(finish)) {}
    ~Lane() { stop(); }
    Lane(const Lane &) = delete;
    Lane &operator=(const Lane &) = delete;

    void submit(std::shared_ptr<Job> job);
    /* Takes a waiting job out of the queue and finishes it as cancelled; asks a running one to stop. False: not here. */
    bool cancel(uint64_t id);
    /* Cancels everything and waits for the thread. */
    void stop() noexcept;

private:
    void loop() noexcept;

    const char *const mName;
    const Finish mFinish;
    std::mutex mMutex;
    std::condition_variable mWake;
    std::deque<std::shared_ptr<Job>> mQueue;
    std::shared_ptr<Job> mRunning;
    bool mStopping = false;
    Thread mThread;
};

} // namespace engine_shim
