#include "cudaDriver.h"

#include "gpus.h"

#include <algorithm>
#include <array>
#include <type_traits>

namespace engine_shim {

namespace {

constexpr int32_t attributeComputeCapabilityMajor = 75;
constexpr int32_t attributeComputeCapabilityMinor = 76;
constexpr unsigned int streamNonBlocking = 1;
constexpr unsigned int eventDefault = 0;

/* cuda.h says of most of these that the process is left in an inconsistent state in which every further call returns
 * the same error; the others say that the device has left. */
constexpr std::array<CudaStatus, 18> stickyErrors = {
    4 /* deinitialized */,
    46 /* device unavailable */,
    101 /* invalid device, after it was a valid one */,
    214 /* ECC uncorrectable */,
    220 /* NVLink uncorrectable */,
    226 /* contained */,
    700 /* illegal address */,
    702 /* launch timeout */,
    709 /* context destroyed */,
    710 /* assert */,
    714 /* hardware stack error */,
    715 /* illegal instruction */,
    716 /* misaligned address */,
    717 /* invalid address space */,
    718 /* invalid program counter */,
    719 /* launch failed */,
    807 /* MPS client terminated */,
    999 /* unknown */};

} // namespace

bool isStickyCudaError(CudaStatus status) noexcept {
    return std::find(stickyErrors.begin(), stickyErrors.end(), status) != stickyErrors.end();
}

std::shared_ptr<const CudaDriver> CudaDriver::open() {
    std::shared_ptr<CudaDriver> driver(new CudaDriver());
    std::string why;
    driver->mLibrary = SharedLibrary::openSystem(cudaDriverName, why);
    if (!driver->mLibrary) {
        throw CudaFailure(ES_NO_DRIVER, "No NVIDIA driver was found: " + why + ".", 0);
    }
    /* The driver starts threads and handlers of its own and is not made to be unloaded. */
    driver->mLibrary.keepOpen();
    std::string missing;
    const auto find = [&](auto &function, const char *name, const char *otherwise = nullptr) {
        using F = std::remove_reference_t<decltype(function)>;
        function = driver->mLibrary.function<F>(name);
        if (function == nullptr && otherwise != nullptr) {
            function = driver->mLibrary.function<F>(otherwise);
        }
        if (function == nullptr && missing.empty()) {
            missing = name;
        }
    };
    find(driver->mInit, "cuInit");
    find(driver->mDeviceGet, "cuDeviceGet");
    find(driver->mDeviceGetName, "cuDeviceGetName");
    find(driver->mDeviceTotalMem, "cuDeviceTotalMem_v2");
    find(driver->mDeviceGetAttribute, "cuDeviceGetAttribute");
    find(driver->mGetErrorName, "cuGetErrorName");
    find(driver->mGetErrorString, "cuGetErrorString");
    find(driver->primaryCtxRetain, "cuDevicePrimaryCtxRetain");
    find(driver->primaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRelease");
    find(driver->ctxSetCurrent, "cuCtxSetCurrent");
    find(driver->ctxSynchronize, "cuCtxSynchronize");
    find(driver->memGetInfo, "cuMemGetInfo_v2");
    find(driver->memAlloc, "cuMemAlloc_v2");
    find(driver->memFree, "cuMemFree_v2");
    find(driver->memAllocHost, "cuMemAllocHost_v2");
    find(driver->memFreeHost, "cuMemFreeHost");
    find(driver->memcpyHtoDAsync, "cuMemcpyHtoDAsync_v2");
    find(driver->memcpyDtoHAsync, "cuMemcpyDtoHAsync_v2");
    find(driver->pointerGetAttribute, "cuPointerGetAttribute");
    find(driver->streamCreate, "cuStreamCreate");
    find(driver->streamSynchronize, "cuStreamSynchronize");
    find(driver->streamDestroy, "cuStreamDestroy_v2");
    find(driver->eventCreate, "cuEventCreate");
    find(driver->eventRecord, "cuEventRecord");
    find(driver->eventSynchronize, "cuEventSynchronize");
    find(driver->eventElapsedTime, "cuEventElapsedTime");
    find(driver->eventDestroy, "cuEventDestroy_v2");
    if (!missing.empty()) {
        throw CudaFailure(ES_NO_DRIVER,
                          std::string(cudaDriverName) + " is not a CUDA driver: it does not export " + missing + ".", 0);
    }
    CudaStatus status = driver->mInit(0);
    CudaDevice first = 0;
    if (status == 0) {
        status = driver->mDeviceGet(&first, device);
    }
    if (status != 0) {
        const std::string sentence = whyNoGpu();
        throw CudaFailure(ES_NO_DRIVER,
                          sentence.empty() ? "The NVIDIA driver could not be used. " + driver->describe(status) + "."
                                           : sentence,
                          status);
    }
    return driver;
}

CudaDeviceFacts CudaDriver::deviceFacts() const {
    CudaDeviceFacts facts;
    char name[256] = "";
    size_t total = 0;
    constexpr const char *doing = "ask the GPU what it is";
    check(mDeviceGetName(name, static_cast<int>(sizeof(name)) - 1, device), doing);
    check(mDeviceGetAttribute(&facts.major, attributeComputeCapabilityMajor, device), doing);
    check(mDeviceGetAttribute(&facts.minor, attributeComputeCapabilityMinor, device), doing);
    check(mDeviceTotalMem(&total, device), doing);
    facts.name = name;
    facts.totalMemory = total;
    return facts;
}

std::string CudaDriver::describe(CudaStatus status) const {
    const char *name = nullptr;
    const char *text = nullptr;
    std::string described;
    if (mGetErrorName(status, &name) == 0 && name != nullptr) {
        described = std::string(name) + " (" + std::to_string(status) + ")";
    } else {
        described = "CUDA error " + std::to_string(status);
    }
    if (mGetErrorString(status, &text) == 0 && text != nullptr) {
        described += std::string(": ") + text;
    }
    return described;
}

void CudaDriver::fail(CudaStatus status, const char *doing) const {
    const bool isMemory = status == cudaOutOfMemory;
    throw CudaFailure(isMemory ? ES_GPU_OUT_OF_MEMORY : ES_CUDA_FAILED,
                      std::string(isMemory ? "There is not enough GPU memory to " : "The CUDA driver could not ") + doing +
                          ". " + describe(status) + ".",
                      status);
}

CudaContext::CudaContext(std::shared_ptr<const CudaDriver> driver) : mDriver(std::move(driver)) {
    mDriver->check(mDriver->primaryCtxRetain(&mHandle, CudaDriver::device), "start on the GPU");
    const CudaStatus status = makeCurrent();
    if (status != 0) {
        mDriver->primaryCtxRelease(CudaDriver::device);
        mDriver->check(status, "start on the GPU");
    }
}

CudaContext::~CudaContext() {
    mDriver->ctxSetCurrent(nullptr);
    mDriver->primaryCtxRelease(CudaDriver::device);
}

CudaStatus CudaContext::brokenBy() const noexcept {
    const CudaStatus status = mDriver->ctxSynchronize();
    return isStickyCudaError(status) ? status : 0;
}

int64_t CudaContext::freeMemory() const noexcept {
    size_t free = 0;
    size_t total = 0;
    return mDriver->memGetInfo(&free, &total) == 0 ? static_cast<int64_t>(free) : -1;
}

DeviceMemory::DeviceMemory(const CudaDriver &driver, size_t size) : mDriver(&driver), mSize(std::max<size_t>(size, 1)) {
    driver.check(driver.memAlloc(&mAddress, mSize), ("take " + std::to_string(mSize) + " bytes of GPU memory").c_str());
}

void DeviceMemory::reset() noexcept {
    if (mAddress != 0) {
        mDriver->memFree(mAddress);
    }
    mAddress = 0;
    mSize = 0;
}

PinnedMemory::PinnedMemory(const CudaDriver &driver, size_t size) : mDriver(&driver), mSize(std::max<size_t>(size, 1)) {
    void *address = nullptr;
    const CudaStatus status = driver.memAllocHost(&address, mSize);
    if (status == cudaOutOfMemory) {
        throw CudaFailure(ES_OUT_OF_MEMORY,
                          "There is not enough memory to take " + std::to_string(mSize) + " bytes for copies to the GPU.",
                          status);
    }
    driver.check(status, "take memory for copies to the GPU");
    mAddress = static_cast<uint8_t *>(address);
}

void PinnedMemory::reset() noexcept {
    if (mAddress != nullptr) {
        mDriver->memFreeHost(mAddress);
    }
    mAddress = nullptr;
    mSize = 0;
}

CudaStream::CudaStream(const CudaDriver &driver) : mDriver(driver) {
    driver.check(driver.streamCreate(&mHandle, streamNonBlocking), "make a stream");
}
CudaStream::~CudaStream() { mDriver.streamDestroy(mHandle); }

CudaEvent::CudaEvent(const CudaDriver &driver) : mDriver(driver) {
    driver.check(driver.eventCreate(&mHandle, eventDefault), "make an event");
}
CudaEvent::~CudaEvent() { mDriver.eventDestroy(mHandle); }

} // namespace engine_shim
