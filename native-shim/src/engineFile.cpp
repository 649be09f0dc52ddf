#include "engineFile.h"

#include "failure.h"

#include <algorithm>

namespace engine_shim {

namespace {

constexpr int pointerAttributeMemoryType = 2;
constexpr unsigned int memoryTypeDevice = 2;

} // namespace

EngineFile::~EngineFile() {
    for (const auto &bounce : mBounces) {
        if (bounce && bounce->isBusy) {
            mContext->driver().eventSynchronize(bounce->copied.get());
        }
    }
}

bool EngineFile::isOnGpu(void *destination) const noexcept {
    if (mContext == nullptr) {
        return false;
    }
    unsigned int type = 0;
    /* Memory that CUDA does not know is refused as an invalid value: it is the host's. */
    return mContext->driver().pointerGetAttribute(&type, pointerAttributeMemoryType,
                                                  reinterpret_cast<CudaAddress>(destination)) == 0 &&
           type == memoryTypeDevice;
}

int64_t EngineFile::read(void *destination, int64_t size, CudaStreamHandle *stream) noexcept {
    if (size < 0 || (destination == nullptr && size > 0)) {
        return -1;
    }
    try {
        if (mContext != nullptr) {
            mContext->makeCurrent(); /* the library may read on a thread of its own */
        }
        const bool toGpu = size > 0 && isOnGpu(destination);
        int64_t done = 0;
        while (done < size) {
            if (mJob != nullptr) {
                mJob->stopIfCancelled();
            }
            const auto wanted = static_cast<size_t>(std::min<int64_t>(size - done, pieceBytes));
            size_t got = 0;
            readPiece(static_cast<uint8_t *>(destination) + done, wanted, stream, toGpu, got);
            if (mFile.size() >= forgetFrom) {
                mFile.forget(mPosition, got);
            }
            mPosition += got;
            done += static_cast<int64_t>(got);
            if (mStages != nullptr && mFile.size() > 0) {
                mStages->progress(static_cast<double>(mPosition) / static_cast<double>(mFile.size()));
            }
            if (got < wanted) {
                break;
            }
        }
        return done;
    } catch (...) {
        mFailure = std::current_exception();
    }
    return -1;
}

void EngineFile::readPiece(void *destination, size_t size, CudaStreamHandle *stream, bool toGpu, size_t &got) {
    Bounce *bounce = nullptr;
    if (toGpu) {
        auto &slot = mBounces[mNextBounce];
        mNextBounce = (mNextBounce + 1) % mBounces.size();
        if (!slot) {
            slot = std::make_unique<Bounce>(mContext->driver());
        }
        bounce = slot.get();
        if (bounce->isBusy) {
            mContext->driver().check(mContext->driver().eventSynchronize(bounce->copied.get()),
                                     "copy the engine to the GPU");
            bounce->isBusy = false;
        }
    }
    int32_t error = 0;
    const int64_t count = mFile.read(toGpu ? bounce->memory.get() : destination, size, mPosition, error);
    if (count < 0) {
        throw Failure(ES_FILE_ERROR, "Cannot read the engine " + mFile.path() + ": " + systemErrorText(error) + ".");
    }
    got = static_cast<size_t>(count);
    if (toGpu && got > 0) {
        const CudaDriver &driver = mContext->driver();
        driver.check(driver.memcpyHtoDAsync(reinterpret_cast<CudaAddress>(destination), bounce->memory.get(), got, stream),
                     "copy the engine to the GPU");
        driver.check(driver.eventRecord(bounce->copied.get(), stream), "copy the engine to the GPU");
        bounce->isBusy = true;
    }
}

bool EngineFile::seek(int64_t offset, SeekFrom from) noexcept {
    const auto size = static_cast<int64_t>(mFile.size());
    const int64_t base = from == SeekFrom::start ? 0 : from == SeekFrom::here ? static_cast<int64_t>(mPosition) : size;
    if (offset > 0 ? base > INT64_MAX - offset : base + offset < 0) {
        return false;
    }
    mPosition = static_cast<uint64_t>(base + offset);
    return true;
}

} // namespace engine_shim
