/*
 * progress.h - IProgressMonitor: phases by name become phases by number, and a cancelled job stops the builder.
 */
#pragma once

#include "runtime.h"

#include "NvInfer.h"

#include <mutex>
#include <string>
#include <vector>

namespace engine_shim {

/* The builder may call from several threads. Names are unique among the phases that are open. */
class ProgressMonitor : public nvinfer1::IProgressMonitor {
public:
    ProgressMonitor(const Job &job, PhaseSink &sink) : mJob(job), mSink(sink) {}

    void phaseStart(const char *name, const char *parent, int32_t steps) noexcept override {
        const std::lock_guard<std::mutex> lock(mMutex);
        try {
            const std::string text = name == nullptr ? "" : name;
            const int64_t above = parent == nullptr ? -1 : idOf(parent);
            mOpen.push_back({text, ++mLastId});
            mSink.phaseStart(text, steps, mLastId, above);
        } catch (...) {
            /* A phase that is not shown harms nobody. */
        }
    }

    /* False stops the build. */
    bool stepComplete(const char *name, int32_t step) noexcept override {
        const std::lock_guard<std::mutex> lock(mMutex);
        const int64_t id = name == nullptr ? -1 : idOf(name);
        if (id >= 0) {
            mSink.phaseStep(id, step);
        }
        return !mJob.isCancelled();
    }

    void phaseFinish(const char *name) noexcept override {
        const std::lock_guard<std::mutex> lock(mMutex);
        for (auto phase = mOpen.rbegin(); name != nullptr && phase != mOpen.rend(); ++phase) {
            if (phase->name == name) {
                mSink.phaseEnd(phase->id);
                mOpen.erase(std::next(phase).base());
                return;
            }
        }
    }

private:
    struct Open {
        std::string name;
        int64_t id;
    };

    int64_t idOf(const char *name) const noexcept {
        for (auto phase = mOpen.rbegin(); phase != mOpen.rend(); ++phase) {
            if (phase->name == name) {
                return phase->id;
            }
        }
        return -1;
    }

    const Job &mJob;
    PhaseSink &mSink;
    std::mutex mMutex;
    std::vector<Open> mOpen;
    int64_t mLastId = 0;
};

} // namespace engine_shim
