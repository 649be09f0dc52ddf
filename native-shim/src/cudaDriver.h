/*
 * cudaDriver.h - the part of the CUDA driver's interface (cuda.h) that running an engine needs, opened at run time, and
 * owners for what it hands out. Declared here by hand: it is a stable C interface, and the shim is built without the
 * CUDA toolkit. Every failing call throws a CudaFailure that carries the CUresult.
 *
 * TensorRT-RTX brings a CUDA runtime of its own, which works in the device's primary context; so do we. Streams, events
 * and pointers of the driver and of the runtime are the same things.
 */
#pragma once

#include "failure.h"
#include "platform.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace engine_shim {

#if defined(_WIN32)
#define ES_CUDA_CALL __stdcall
constexpr const char *cudaDriverName = "nvcuda.dll";
#else
#define ES_CUDA_CALL
constexpr const char *cudaDriverName = "libcuda.so.1";
#endif

using CudaStatus = int32_t; /* CUresult */
using CudaDevice = int32_t;
using CudaAddress = uintptr_t; /* CUdeviceptr: as wide as a pointer on every 64-bit system */
struct CudaStreamHandle;
struct CudaEventHandle;
struct CudaContextHandle;

enum CudaError : CudaStatus {
    cudaOutOfMemory = 2,
    cudaStubLibrary = 34,
    cudaInsufficientDriver = 35,
    cudaDevicesUnavailable = 46,
    cudaNoDevice = 100,
    cudaInvalidDevice = 101,
    cudaOperatingSystem = 304,
    cudaSystemNotReady = 802,
    cudaSystemDriverMismatch = 803,
    cudaCompatNotSupported = 804,
    cudaUnknown = 999,
};

/* After one of these the context, and with it everything in it, is lost for the rest of the process. */
bool isStickyCudaError(CudaStatus status) noexcept;

/* A failure with a CUDA number (CUresult or cudaError_t; 0: none is known). */
class CudaFailure : public Failure {
public:
    CudaFailure(es_status status, std::string sentence, CudaStatus cuda)
        : Failure(status, std::move(sentence)), mCuda(cuda) {}
    CudaStatus cuda() const noexcept override { return mCuda; }

private:
    CudaStatus mCuda;
};

/* What stands in the report about the GPU that is used. */
struct CudaDeviceFacts {
    std::string name;
    int32_t major = 0;
    int32_t minor = 0;
    uint64_t totalMemory = 0;
};

/* The driver, initialised, and its device 0 (the first of CUDA_VISIBLE_DEVICES). */
class CudaDriver {
public:
    /* Throws CudaFailure with ES_NO_DRIVER and a sentence that tells why. */
    static std::shared_ptr<const CudaDriver> open();

    CudaDeviceFacts deviceFacts() const;

    /* Throws CudaFailure: ES_GPU_OUT_OF_MEMORY for CUDA's 2, ES_CUDA_FAILED otherwise. doing: "copy the inputs". */
    void check(CudaStatus status, const char *doing) const {
        if (status != 0) {
            fail(status, doing);
        }
    }
    /* "CUDA_ERROR_OUT_OF_MEMORY (2): out of memory" */
    std::string describe(CudaStatus status) const;

    CudaStatus(ES_CUDA_CALL *primaryCtxRetain)(CudaContextHandle **, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *primaryCtxRelease)(CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *ctxSetCurrent)(CudaContextHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *ctxSynchronize)() = nullptr;
    CudaStatus(ES_CUDA_CALL *memGetInfo)(size_t *, size_t *) = nullptr;
    CudaStatus(ES_CUDA_CALL *memAlloc)(CudaAddress *, size_t) = nullptr;
    CudaStatus(ES_CUDA_CALL *memFree)(CudaAddress) = nullptr;
    CudaStatus(ES_CUDA_CALL *memAllocHost)(void **, size_t) = nullptr;
    CudaStatus(ES_CUDA_CALL *memFreeHost)(void *) = nullptr;
    CudaStatus(ES_CUDA_CALL *memcpyHtoDAsync)(CudaAddress, const void *, size_t, CudaStreamHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *memcpyDtoHAsync)(void *, CudaAddress, size_t, CudaStreamHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *pointerGetAttribute)(void *, int, CudaAddress) = nullptr;
    CudaStatus(ES_CUDA_CALL *streamCreate)(CudaStreamHandle **, unsigned int) = nullptr;
    CudaStatus(ES_CUDA_CALL *streamSynchronize)(CudaStreamHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *streamDestroy)(CudaStreamHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *eventCreate)(CudaEventHandle **, unsigned int) = nullptr;
    CudaStatus(ES_CUDA_CALL *eventRecord)(CudaEventHandle *, CudaStreamHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *eventSynchronize)(CudaEventHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *eventElapsedTime)(float *, CudaEventHandle *, CudaEventHandle *) = nullptr;
    CudaStatus(ES_CUDA_CALL *eventDestroy)(CudaEventHandle *) = nullptr;

    static constexpr CudaDevice device = 0;

private:
    CudaDriver() = default;
    [[noreturn]] void fail(CudaStatus status, const char *doing) const;

    SharedLibrary mLibrary;
    CudaStatus(ES_CUDA_CALL *mInit)(unsigned int) = nullptr;
    CudaStatus(ES_CUDA_CALL *mDeviceGet)(CudaDevice *, int) = nullptr;
    CudaStatus(ES_CUDA_CALL *mDeviceGetName)(char *, int, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *mDeviceTotalMem)(size_t *, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *mDeviceGetAttribute)(int *, int, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *mGetErrorName)(CudaStatus, const char **) = nullptr;
    CudaStatus(ES_CUDA_CALL *mGetErrorString)(CudaStatus, const char **) = nullptr;
};

/* Holds the primary context of device 0; it is current for the thread that made this until the object goes. */
class CudaContext {
public:
    explicit CudaContext(std::shared_ptr<const CudaDriver> driver);
    ~CudaContext();
    CudaContext(const CudaContext &) = delete;
    CudaContext &operator=(const CudaContext &) = delete;

    const CudaDriver &driver() const noexcept { return *mDriver; }
    /* For another thread. */
    CudaStatus makeCurrent() const noexcept { return mDriver->ctxSetCurrent(mHandle); }
    /* The number of an error that the context does not recover from; 0: it works. Waits for what is running. */
    CudaStatus brokenBy() const noexcept;
    /* cuMemGetInfo; -1: it could not be told. */
    int64_t freeMemory() const noexcept;

private:
    const std::shared_ptr<const CudaDriver> mDriver;
    CudaContextHandle *mHandle = nullptr;
};

/* Owners. Empty ones own nothing; what cannot be given back (the GPU was lost) is gone with its context. */
class DeviceMemory {
public:
    DeviceMemory() = default;
    /* At least one byte, so that every tensor has an address; 256-byte aligned. */
    DeviceMemory(const CudaDriver &driver, size_t size);
    ~DeviceMemory() { reset(); }
    DeviceMemory(DeviceMemory &&other) noexcept { swap(other); }
    DeviceMemory &operator=(DeviceMemory &&other) noexcept {
        swap(other);
        return *this;
    }
    void *get() const noexcept { return reinterpret_cast<void *>(mAddress); }
    CudaAddress address() const noexcept { return mAddress; }
    size_t size() const noexcept { return mSize; }
    void reset() noexcept;

private:
    void swap(DeviceMemory &other) noexcept {
        std::swap(mDriver, other.mDriver);
        std::swap(mAddress, other.mAddress);
        std::swap(mSize, other.mSize);
    }
    const CudaDriver *mDriver = nullptr;
    CudaAddress mAddress = 0;
    size_t mSize = 0;
};

/* Host memory that the GPU copies from and to directly. */
class PinnedMemory {
public:
    PinnedMemory() = default;
    PinnedMemory(const CudaDriver &driver, size_t size);
    ~PinnedMemory() { reset(); }
    PinnedMemory(PinnedMemory &&other) noexcept { swap(other); }
    PinnedMemory &operator=(PinnedMemory &&other) noexcept {
        swap(other);
        return *this;
    }
    uint8_t *get() const noexcept { return mAddress; }
    size_t size() const noexcept { return mSize; }
    void reset() noexcept;

private:
    void swap(PinnedMemory &other) noexcept {
        std::swap(mDriver, other.mDriver);
        std::swap(mAddress, other.mAddress);
        std::swap(mSize, other.mSize);
    }
    const CudaDriver *mDriver = nullptr;
    uint8_t *mAddress = nullptr;
    size_t mSize = 0;
};

class CudaStream {
public:
    explicit CudaStream(const CudaDriver &driver);
    ~CudaStream();
    CudaStream(const CudaStream &) = delete;
    CudaStream &operator=(const CudaStream &) = delete;
    CudaStreamHandle *get() const noexcept { return mHandle; }

private:
    const CudaDriver &mDriver;
    CudaStreamHandle *mHandle = nullptr;
};

class CudaEvent {
public:
    explicit CudaEvent(const CudaDriver &driver);
    ~CudaEvent();
    CudaEvent(const CudaEvent &) = delete;
    CudaEvent &operator=(const CudaEvent &) = delete;
    CudaEventHandle *get() const noexcept { return mHandle; }

private:
    const CudaDriver &mDriver;
    CudaEventHandle *mHandle = nullptr;
};

} // namespace engine_shim
