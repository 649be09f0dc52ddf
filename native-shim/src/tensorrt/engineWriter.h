/*
 * engineWriter.h - IStreamWriter into a new file, with the SHA-256 of what went there.
 */
#pragma once

#include "failure.h"
#include "platform.h"
#include "progress.h"
#include "sha256.h"

#include "NvInferRuntime.h"

#include <algorithm>

namespace engine_shim {

class EngineWriter : public nvinfer1::IStreamWriter {
public:
    EngineWriter(NewFile &file, const Job &job, ProgressMonitor &progress)
        : mFile(file), mJob(job), mProgress(progress) {}

    /* The library hands over the whole plan in one call, so the pieces are ours: small enough that a piece is still in
     * the processor's cache when it is written after it was hashed, and that a cancel is heard soon. */
    int64_t write(const void *data, int64_t size) override {
        constexpr int64_t pieceBytes = 1 << 20;
        constexpr const char *phase = "Writing the engine";
        const auto *from = static_cast<const uint8_t *>(data);
        int64_t done = 0;
        int32_t step = 0;
        mProgress.phaseStart(phase, nullptr, static_cast<int32_t>(std::min<int64_t>(
                                                 (size + pieceBytes - 1) / pieceBytes, INT32_MAX)));
        while (done < size && mError == 0 && !mJob.isCancelled()) {
            const auto piece = static_cast<size_t>(std::min(pieceBytes, size - done));
            mHash.update(from + done, piece);
            mError = mFile.write(from + done, piece);
            if (mError == 0) {
                done += static_cast<int64_t>(piece);
                mProgress.stepComplete(phase, step++);
            }
        }
        mProgress.phaseFinish(phase);
        mSize += static_cast<uint64_t>(done);
        return mError == 0 ? done : -1;
    }

    void throwIfFailed() const {
        if (mError != 0) {
            throw Failure(ES_FILE_ERROR, "Cannot write " + mFile.path() + ": " + systemErrorText(mError) + ".");
        }
    }

    uint64_t size() const noexcept { return mSize; }
    Sha256::Digest finish() noexcept { return mHash.finish(); }

private:
    NewFile &mFile;
    const Job &mJob;
    ProgressMonitor &mProgress;
    Sha256 mHash;
    int32_t mError = 0;
    uint64_t mSize = 0;
};

} // namespace engine_shim
