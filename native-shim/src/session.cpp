#include "session.h"

#include "check.h"
#include "failure.h"
#include "gpus.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace engine_shim {

namespace {

/* Lines of a job as its events; remembers the first error for the sentence of a failure. */
class EventLog : public LogSink {
public:
    EventLog(EventRing &events, uint64_t job, int maxSeverity) : mEvents(events), mJob(job), mMaxSeverity(maxSeverity) {}

    void line(int severity, std::string_view text) noexcept override {
        if (severity > mMaxSeverity) {
            return;
        }
        mEvents.push(ES_EVENT_LOG, mJob, severity, 0, 0, text);
        if (severity <= 1) {
            const std::lock_guard<std::mutex> lock(mMutex);
            try {
                if (mFirstError.empty()) {
                    mFirstError.assign(text);
                }
            } catch (...) {
                /* it is among the events all the same */
            }
        }
    }

    std::string firstError() const {
        const std::lock_guard<std::mutex> lock(mMutex);
        return mFirstError;
    }

private:
    EventRing &mEvents;
    const uint64_t mJob;
    const int mMaxSeverity;
    mutable std::mutex mMutex;
    std::string mFirstError;
};

class EventPhases : public PhaseSink {
public:
    EventPhases(EventRing &events, uint64_t job) : mEvents(events), mJob(job) {}

    void phaseStart(std::string_view name, int32_t steps, int64_t id, int64_t parent) noexcept override {
        mEvents.push(ES_EVENT_PHASE_START, mJob, steps, id, parent, name);
    }
    void phaseStep(int64_t id, int32_t step) noexcept override {
        mEvents.push(ES_EVENT_PHASE_STEP, mJob, 0, id, step, {});
    }
    void phaseEnd(int64_t id) noexcept override { mEvents.push(ES_EVENT_PHASE_END, mJob, 0, id, 0, {}); }

private:
    EventRing &mEvents;
    const uint64_t mJob;
};

/* Its headers were never seen: everything but a header's check could call another function than it names. */
void refuseUntested(const LoadedRuntime &library) {
    if (library.isUntested) {
        throw Failure(ES_UNSUPPORTED_VERSION, library.path + " is newer than this engine shim, for " +
                                                  std::string(compiledVersion) + ": it only checks headers with it.");
    }
}

} // namespace

Session::Session()
    : mCheckLane("es-check", [this](const auto &job, const auto &outcome) { finish(job, outcome); }),
      mWorkLane("es-work", [this](const auto &job, const auto &outcome) { finish(job, outcome); }),
      mGpuLane("es-gpu", [this](const auto &job, const auto &outcome) { finish(job, outcome); }) {}

Session::~Session() {
    mWorkLane.stop();
    mCheckLane.stop();
    mGpuLane.stop();
}

uint64_t Session::submit(Lane &lane, Job::Work work) {
    std::shared_ptr<Job> job;
    {
        const std::lock_guard<std::mutex> lock(mMutex);
        job = std::make_shared<Job>(++mLastId, std::move(work));
        mJobs.emplace(job->id(), job);
    }
    try {
        lane.submit(job);
    } catch (...) {
        const std::lock_guard<std::mutex> lock(mMutex);
        mJobs.erase(job->id());
        throw;
    }
    return job->id();
}

void Session::finish(const std::shared_ptr<Job> &job, const Outcome &outcome) noexcept {
    /* First finished, then told: whoever reads DONE may fetch the result at once. */
    job->setFinished();
    mEvents.push(ES_EVENT_DONE, job->id(), outcome.status, static_cast<int64_t>(job->result().size()), 0,
                 outcome.sentence);
    {
        const std::lock_guard<std::mutex> lock(mMutex);
        job->setTold();
    }
    mJobEnded.notify_all();
}

bool Session::wait(uint64_t id, uint32_t limitMs) {
    std::unique_lock<std::mutex> lock(mMutex);
    const auto found = mJobs.find(id);
    if (found == mJobs.end()) {
        throw Failure(ES_NO_SUCH_JOB, "There is no job " + std::to_string(id) + ".");
    }
    const std::shared_ptr<Job> job = found->second;
    return mJobEnded.wait_for(lock, std::chrono::milliseconds(limitMs), [&job] { return job->isTold(); });
}

std::shared_ptr<const LoadedRuntime> Session::loaded() const {
    const std::lock_guard<std::mutex> lock(mMutex);
    return mLoaded;
}

uint64_t Session::submitLoad(std::string libraryPath, bool isUntested) {
    return submit(mCheckLane, [this, path = std::move(libraryPath), isUntested](Job &job) {
        if (const auto before = loaded()) {
            throw Failure(ES_INVALID_ARGUMENT,
                          "This session has loaded " + before->path + " already; another library needs another session.");
        }
        EventLog log(mEvents, job.id(), mMaxSeverity.load(std::memory_order_relaxed));
        const ThreadLogScope scope(&log);
        auto now = loadLibrary(path, isUntested, job);
        mHeadReader.setHeaderBytes(static_cast<uint32_t>(now->runtime->headerSize()));
        const std::lock_guard<std::mutex> lock(mMutex);
        mLoaded = std::move(now);
    });
}

uint64_t Session::submitCheckFiles(std::string givenPaths, uint32_t count) {
    const auto given = std::make_shared<const FileList>(FileList{std::move(givenPaths), count});
    return submit(mCheckLane, [this, files = given, ahead = mHeadReader.submit(given)](Job &job) {
        const auto library = loaded();
        checkFiles(*files, ahead.get(), library ? library->runtime.get() : nullptr,
                   mMaxSeverity.load(std::memory_order_relaxed), job);
    });
}

uint64_t Session::submitCheckHeaders(std::vector<uint8_t> givenHeaders, uint32_t stride,
                                     std::vector<uint32_t> givenLengths) {
    return submit(mCheckLane, [this, headers = std::move(givenHeaders), stride,
                               lengths = std::move(givenLengths)](Job &job) {
        const auto library = loaded();
        checkHeaders(headers, stride, lengths, library ? library->runtime.get() : nullptr,
                     mMaxSeverity.load(std::memory_order_relaxed), job);
    });
}

uint64_t Session::submitGpus() {
    return submit(mGpuLane, [](Job &job) { listGpus(job); });
}

uint64_t Session::submitGpuPoll(uint32_t flags, std::string nvmlPath) {
    return submit(mGpuLane, [this, flags, path = std::move(nvmlPath)](Job &job) { mGpuMonitor.poll(path, flags, job); });
}

uint64_t Session::submitBuild(BuildRequest given) {
    return submit(mWorkLane, [this, request = std::move(given)](Job &job) {
        const auto library = loaded();
        if (!library) {
            throw Failure(ES_LIBRARY_NOT_LOADED, "No TensorRT-RTX library is loaded to build with.");
        }
        refuseUntested(*library);
        EventLog log(mEvents, job.id(), mMaxSeverity.load(std::memory_order_relaxed));
        EventPhases phases(mEvents, job.id());
        const ThreadLogScope threadScope(&log);
        const ProcessLogScope processScope(&log);
        BuildContext context{job, log, phases, [&log] { return log.firstError(); }};
        const es_build_result result = library->runtime->build(request, library->path, context);
        appendBytes(job.result(), result);
    });
}

uint64_t Session::submitWithEngine(std::function<void(const Runtime &, RunContext &)> given) {
    return submit(mWorkLane, [this, work = std::move(given)](Job &job) {
        const auto library = loaded();
        if (!library) {
            throw Failure(ES_LIBRARY_NOT_LOADED, "No TensorRT-RTX library is loaded to open the engine with.");
        }
        refuseUntested(*library);
        EventLog log(mEvents, job.id(), mMaxSeverity.load(std::memory_order_relaxed));
        EventPhases phases(mEvents, job.id());
        RunContext context{job, log, phases};
        work(*library->runtime, context);
    });
}

uint64_t Session::submitInspect(InspectRequest given) {
    return submitWithEngine(
        [request = std::move(given)](const Runtime &runtime, RunContext &context) { runtime.inspect(request, context); });
}

uint64_t Session::submitRun(RunRequest given) {
    return submitWithEngine(
        [request = std::move(given)](const Runtime &runtime, RunContext &context) { runtime.run(request, context); });
}

void Session::cancel(uint64_t id) {
    if (mCheckLane.cancel(id) || mWorkLane.cancel(id) || mGpuLane.cancel(id)) {
        return;
    }
    const std::lock_guard<std::mutex> lock(mMutex);
    if (mJobs.count(id) == 0) {
        throw Failure(ES_NO_SUCH_JOB, "There is no job " + std::to_string(id) + ".");
    }
    /* It has just finished: nothing to stop. */
}

bool Session::takeResult(uint64_t id, void *buffer, uint64_t size, uint64_t &needed) {
    const std::lock_guard<std::mutex> lock(mMutex);
    const auto found = mJobs.find(id);
    if (found == mJobs.end()) {
        throw Failure(ES_NO_SUCH_JOB, "There is no job " + std::to_string(id) + ".");
    }
    if (!found->second->isFinished()) {
        throw Failure(ES_INVALID_ARGUMENT, "Job " + std::to_string(id) + " is not done yet.");
    }
    const std::vector<uint8_t> &result = found->second->result();
    needed = result.size();
    if (needed > size) {
        return false;
    }
    if (needed > 0) {
        std::memcpy(buffer, result.data(), needed);
    }
    mJobs.erase(found);
    return true;
}

} // namespace engine_shim
