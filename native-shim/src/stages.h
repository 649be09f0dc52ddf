/*
 * stages.h - where an inspection or a run is: told as phases, and by name in the report of a failure. One stage is open
 * at a time; attempts lie around stages. Used by the job's own thread.
 */
#pragma once

#include "events.h"
#include "runtime.h"

#include <algorithm>
#include <string>

namespace engine_shim {

class Stages {
public:
    /* What the steps of a stage count to. */
    static constexpr int32_t wholeStage = 1000;

    explicit Stages(PhaseSink &sink) : mSink(sink) {}
    ~Stages() { endAll(); }
    Stages(const Stages &) = delete;
    Stages &operator=(const Stages &) = delete;

    /* Ends the stage before. name: static storage. */
    void begin(const char *name, int32_t steps = 0) noexcept {
        end();
        mName = name;
        mStage = ++mLastId;
        mSink.phaseStart(name, steps, mStage, mAttempts);
        mStep = 0;
        mToldAt = 0;
    }
    /* Told at most ten times a second, and only forwards. fraction: 0…1 of the stage. */
    void progress(double fraction) noexcept {
        const auto step = static_cast<int32_t>(std::clamp(fraction, 0.0, 1.0) * wholeStage);
        const int64_t now = monotonicNow();
        if (mStage < 0 || step <= mStep || (step < wholeStage && now - mToldAt < tellEveryNs)) {
            return;
        }
        mStep = step;
        mToldAt = now;
        mSink.phaseStep(mStage, step);
    }
    void end() noexcept {
        if (mStage >= 0) {
            mSink.phaseEnd(mStage);
        }
        mStage = -1;
    }

    void beginAttempts(int32_t count) noexcept {
        end();
        mAttempts = ++mLastId;
        mSink.phaseStart("attempt", count, mAttempts, -1);
    }
    void attemptDone(int32_t done) noexcept {
        end();
        mSink.phaseStep(mAttempts, done);
    }
    void endAll() noexcept {
        end();
        if (mAttempts >= 0) {
            mSink.phaseEnd(mAttempts);
        }
        mAttempts = -1;
    }

    /* Of the stage that is or was last open. */
    const char *name() const noexcept { return mName; }

private:
    static constexpr int64_t tellEveryNs = 100000000;

    PhaseSink &mSink;
    const char *mName = "";
    int64_t mStage = -1;
    int64_t mAttempts = -1;
    int64_t mLastId = 0;
    int32_t mStep = 0;
    int64_t mToldAt = 0;
};

} // namespace engine_shim
