/*
 * session.h - one TensorRT-RTX library with its lanes, jobs and events; es_session is one of these.
 */
#pragma once

#include "buildRequest.h"
#include "engine_shim.h"
#include "events.h"
#include "gpuMonitor.h"
#include "jobs.h"
#include "library.h"
#include "readAhead.h"
#include "runRequest.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace engine_shim {

class Session {
public:
    Session();
    ~Session();
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    uint64_t submitLoad(std::string libraryPath, bool isUntested = false);
    uint64_t submitCheckFiles(std::string paths, uint32_t count);
    uint64_t submitCheckHeaders(std::vector<uint8_t> headers, uint32_t stride, std::vector<uint32_t> lengths);
    uint64_t submitGpus();
    uint64_t submitGpuPoll(uint32_t flags, std::string nvmlPath);
    uint64_t submitBuild(BuildRequest request);
    uint64_t submitInspect(InspectRequest request);
    uint64_t submitRun(RunRequest request);

    /* Throws Failure with ES_NO_SUCH_JOB. */
    void cancel(uint64_t id);
    /* Throws Failure with ES_NO_SUCH_JOB or, while it runs, ES_INVALID_ARGUMENT. False: too small, the job stays. */
    bool takeResult(uint64_t id, void *buffer, uint64_t size, uint64_t &needed);
    /* True when the job has ended within limitMs and its event can be polled. Throws Failure with ES_NO_SUCH_JOB. */
    bool wait(uint64_t id, uint32_t limitMs);
    uint32_t poll(es_event *events, uint32_t capacity, char *text, uint64_t textSize) noexcept {
        return mEvents.poll(events, capacity, text, textSize);
    }
    void setMaxSeverity(int severity) noexcept { mMaxSeverity.store(severity, std::memory_order_relaxed); }

private:
    uint64_t submit(Lane &lane, Job::Work work);
    void finish(const std::shared_ptr<Job> &job, const Outcome &outcome) noexcept;
    std::shared_ptr<const LoadedRuntime> loaded() const;
    /* An inspection or a run: work with what both need. */
    uint64_t submitWithEngine(std::function<void(const Runtime &, RunContext &)> work);

    EventRing mEvents;
    HeadReader mHeadReader; /* the check lane's; before the jobs, which hold what it reads for them */
    std::atomic<int> mMaxSeverity{3};
    mutable std::mutex mMutex; /* jobs and loaded runtime */
    std::condition_variable mJobEnded;
    std::map<uint64_t, std::shared_ptr<Job>> mJobs;
    std::shared_ptr<const LoadedRuntime> mLoaded;
    uint64_t mLastId = 0;
    GpuMonitor mGpuMonitor; /* the GPU lane's */
    /* Last, so that their threads end before what they use. */
    Lane mCheckLane;
    Lane mWorkLane;
    Lane mGpuLane;
};

} // namespace engine_shim
