/*
 * gpuMonitor.h - how much memory of the GPUs is in use and by whom, asked again and again: NVML alone, kept open between
 * two looks. No CUDA, no context, no GPU memory.
 */
#pragma once

#include "engine_shim.h"
#include "jobs.h"
#include "nvmlLibrary.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace engine_shim {

/* Belongs to one thread (the session's GPU lane). */
class GpuMonitor {
public:
    GpuMonitor();
    ~GpuMonitor();
    GpuMonitor(const GpuMonitor &) = delete;
    GpuMonitor &operator=(const GpuMonitor &) = delete;

    /*
     * Leaves an es_gpu_poll_record and what it counts in the job's result. NVML that is missing or fails is no failure
     * of the job: the record says it. nvmlPath: empty for the driver's own.
     */
    void poll(const std::string &nvmlPath, uint32_t flags, Job &job);

private:
    struct Functions;
    struct Look;
    /* What does not change while NVML stays open. */
    struct Gpu {
        NvmlDevice device = nullptr;
        es_gpu_memory_record facts{};
        bool mayHaveMig = false;
    };

    NvmlStatus start(const std::string &nvmlPath);
    void stop() noexcept;
    NvmlStatus findGpus();
    void readFacts(Gpu &gpu) const;
    void readGpu(Gpu &gpu, Look &look);
    void readInstances(const Gpu &gpu, Look &look);
    void readNumbers(NvmlDevice device, es_gpu_memory_record &record);
    void readProcesses(NvmlDevice device, es_gpu_memory_record &record, Look &look);
    std::string processName(uint32_t pid);
    bool note(NvmlStatus status, int32_t &first) noexcept;

    std::unique_ptr<Functions> mNvml; /* set while NVML is open */
    std::string mPath;
    std::string mWhy; /* the loader's words when NVML could not be opened */
    es_gpu_poll_record mDriver{}; /* its texts and versions, while NVML is open */
    std::vector<Gpu> mGpus;
    std::map<uint32_t, std::string> mProcessNames;
    std::chrono::steady_clock::time_point mStarted;
    bool mMustRestart = false;
    uint64_t mLooks = 0; /* since NVML was started */
    bool mHasMemoryV2 = true;
};

} // namespace engine_shim
