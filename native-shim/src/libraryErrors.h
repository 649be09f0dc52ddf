/*
 * libraryErrors.h - TensorRT-RTX says that a call failed by returning nothing, and why in its lines. This keeps the lines
 * that matter and makes the failure of them.
 */
#pragma once

#include "cudaDriver.h"
#include "logs.h"

#include <mutex>
#include <string>
#include <string_view>

namespace engine_shim {

/* The number in "Cuda failure 209", "cudaError 35", "CUDA error 209: …", "CUDA initialization failure with error: 35"; 0: none. */
CudaStatus cudaNumberIn(std::string_view line) noexcept;
/* "OutOfMemory", "out of memory", "GPU memory … could not be allocated". */
bool tellsOutOfMemory(std::string_view line) noexcept;

/* Passes every line on and remembers errors since the last reset. Lines may come from any thread. */
class LibraryErrors : public LogSink {
public:
    explicit LibraryErrors(LogSink &next) : mNext(next) {}

    void line(int severity, std::string_view text) noexcept override;
    void reset() noexcept;

    /* otherwise: the sentence when the library did not say why, ending without a full stop. known: a CUDA number that
     * was learned in another way, 0: none. */
    CudaFailure failure(const std::string &otherwise, CudaStatus known = 0) const;

private:
    LogSink &mNext;
    mutable std::mutex mMutex;
    std::string mFirst;
    CudaStatus mCuda = 0;
    bool mOutOfMemory = false;
};

} // namespace engine_shim
