#include "measure.h"

#include "failure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

namespace engine_shim {

namespace {

/* One thread for each worker; they begin together. What one throws stops the others and is thrown here. */
class WorkerThreads {
public:
    /* begin: called once, when all are ready. */
    WorkerThreads(const Workers &workers, const EngineSession &session, std::function<void()> begin,
                std::function<void(Worker &, const WorkerThreads &)> work)
        : mBegin(std::move(begin)), mWork(std::move(work)), mWaitedFor(workers.size()) {
        for (size_t i = 0; i < workers.size(); ++i) {
            mThreads.push_back(std::make_unique<Thread>());
        }
        size_t started = 0;
        try {
            for (const auto &worker : workers) {
                mThreads[started]->start("es-stream", [this, &session, own = worker.get()] { main(session, *own); });
                started += 1;
            }
        } catch (...) {
            abandon(std::current_exception(), mThreads.size() - started);
            join();
            throw;
        }
    }
    ~WorkerThreads() { join(); }
    WorkerThreads(const WorkerThreads &) = delete;
    WorkerThreads &operator=(const WorkerThreads &) = delete;

    /* Asked between iterations. */
    bool shouldStop() const noexcept { return mStop.load(std::memory_order_relaxed); }

    /* look is called ten times a second meanwhile. Throws what a worker threw. */
    void wait(const std::function<void()> &look) {
        std::unique_lock<std::mutex> lock(mMutex);
        while (!mChanged.wait_for(lock, std::chrono::milliseconds(100), [this] { return mDone == mThreads.size(); })) {
            lock.unlock();
            look();
            lock.lock();
        }
        lock.unlock();
        join();
        if (mFailure) {
            std::rethrow_exception(mFailure);
        }
    }

private:
    void main(const EngineSession &session, Worker &worker) noexcept {
        std::exception_ptr failure;
        try {
            session.cuda().driver().check(session.cuda().makeCurrent(), "start on the GPU");
        } catch (...) {
            failure = std::current_exception();
        }
        {
            std::unique_lock<std::mutex> lock(mMutex);
            mWaitedFor -= 1;
            if (mWaitedFor == 0) {
                mBegin();
                mChanged.notify_all();
            } else {
                mChanged.wait(lock, [this] { return mWaitedFor == 0; });
            }
        }
        try {
            if (!failure && !shouldStop()) {
                mWork(worker, *this);
            }
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard<std::mutex> lock(mMutex);
        if (failure) {
            mStop.store(true, std::memory_order_relaxed);
            mFailure = mFailure ? mFailure : failure;
        }
        mDone += 1;
        mChanged.notify_all();
    }

    /* Those that could not be started are not waited for. */
    void abandon(std::exception_ptr failure, size_t missing) {
        const std::lock_guard<std::mutex> lock(mMutex);
        mStop.store(true, std::memory_order_relaxed);
        mFailure = failure;
        mWaitedFor -= missing;
        mChanged.notify_all();
    }

    void join() noexcept {
        for (const auto &thread : mThreads) {
            thread->join();
        }
    }

    const std::function<void()> mBegin;
    const std::function<void(Worker &, const WorkerThreads &)> mWork;
    std::vector<std::unique_ptr<Thread>> mThreads;
    std::mutex mMutex;
    std::condition_variable mChanged;
    size_t mWaitedFor;
    size_t mDone = 0;
    std::exception_ptr mFailure;
    std::atomic<bool> mStop{false};
};

} // namespace

void warmUp(const Workers &workers, const EngineSession &session, const es_run_options &options, const Job &job) {
    if (options.warm_up == 0) {
        return;
    }
    const bool withCopies = (options.flags & ES_RUN_COPIES) != 0;
    WorkerThreads threads(
        workers, session, [] {},
        [&](Worker &worker, const WorkerThreads &all) {
            es_run_sample sample{};
            for (int32_t i = 0; i < options.warm_up && !all.shouldStop() && !job.isCancelled(); ++i) {
                if (!worker.iterate(withCopies, sample)) {
                    worker.throwFailure();
                }
            }
        });
    threads.wait([] {});
    job.stopIfCancelled();
}

void measure(const Workers &workers, const EngineSession &session, const es_run_options &options, const Job &job,
             Stages &stages, Measurement &measurement) {
    const bool withCopies = (options.flags & ES_RUN_COPIES) != 0;
    const int64_t iterations = options.iterations;
    const int64_t duration = options.duration_ns;
    const int64_t capacity = duration > 0 ? options.max_samples : std::min(iterations, options.max_samples);
    constexpr int64_t unused = -1;
    auto &samples = measurement.samples;
    samples.assign(static_cast<size_t>(capacity), es_run_sample{0, unused, 0, 0});

    std::atomic<int64_t> next{0};
    std::atomic<int64_t> begin{0};
    const auto work = [&](Worker &worker, const WorkerThreads &all) {
        const int64_t origin = begin.load();
        while (!all.shouldStop() && !job.isCancelled()) {
            const int64_t index = next.fetch_add(1, std::memory_order_relaxed);
            if (index >= capacity || (index >= iterations && monotonicNow() - origin >= duration)) {
                break;
            }
            es_run_sample sample{};
            if (!worker.iterate(withCopies, sample)) {
                worker.throwFailure();
            }
            sample.start_ns -= origin;
            samples[static_cast<size_t>(index)] = sample;
        }
    };
    const auto tidy = [&] {
        samples.erase(std::remove_if(samples.begin(), samples.end(),
                                     [](const es_run_sample &sample) { return sample.latency_ns == unused; }),
                      samples.end());
        std::sort(samples.begin(), samples.end(), [](const es_run_sample &a, const es_run_sample &b) {
            return a.start_ns < b.start_ns;
        });
        if (samples.empty()) {
            return;
        }
        int64_t end = 0;
        for (const es_run_sample &sample : samples) {
            end = std::max(end, sample.start_ns + sample.latency_ns);
        }
        measurement.wallNs = end - samples.front().start_ns;
    };
    try {
        WorkerThreads threads(workers, session, [&] { begin.store(monotonicNow()); }, work);
        threads.wait([&] {
            const double byCount = static_cast<double>(next.load(std::memory_order_relaxed));
            const double byTime = static_cast<double>(monotonicNow() - begin.load());
            double fraction = byCount / static_cast<double>(capacity);
            if (duration > 0) {
                double needed = byTime / static_cast<double>(duration);
                if (iterations > 0) {
                    needed = std::min(needed, byCount / static_cast<double>(iterations));
                }
                fraction = std::max(fraction, needed);
            }
            stages.progress(fraction);
        });
    } catch (...) {
        tidy();
        throw;
    }
    tidy();
    job.stopIfCancelled();
    stages.progress(1);
}

} // namespace engine_shim
