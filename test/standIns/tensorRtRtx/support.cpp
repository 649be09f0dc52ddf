/* Lines, and the way to the stand-in CUDA driver. */
#include "../system.h"
#include "standIn.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace standIn {

const Driver *driver(std::string &why) {
    static std::mutex mutex;
    static Driver found;
    static bool complete = false;
    const std::lock_guard<std::mutex> lock(mutex);
    if (complete) {
        return &found;
    }
#if defined(_WIN32)
    const HMODULE library = LoadLibraryExA("nvcuda.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    const auto symbol = [library](const char *name) { return reinterpret_cast<void *>(GetProcAddress(library, name)); };
    if (library == nullptr) {
        why = "nvcuda.dll cannot be opened";
        return nullptr;
    }
#else
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    const auto symbol = [library](const char *name) { return dlsym(library, name); };
    if (library == nullptr) {
        const char *error = dlerror();
        why = error == nullptr ? "libcuda.so.1 cannot be opened" : error;
        return nullptr;
    }
#endif
    complete = true;
    const auto find = [&](auto &function, const char *name) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol(name));
        complete = complete && function != nullptr;
    };
    find(found.init, "cuInit");
    find(found.driverGetVersion, "cuDriverGetVersion");
    find(found.deviceGet, "cuDeviceGet");
    find(found.deviceGetAttribute, "cuDeviceGetAttribute");
    find(found.deviceGetName, "cuDeviceGetName");
    find(found.deviceTotalMem, "cuDeviceTotalMem_v2");
    find(found.ctxGetCurrent, "cuCtxGetCurrent");
    find(found.ctxSetCurrent, "cuCtxSetCurrent");
    find(found.primaryCtxRetain, "cuDevicePrimaryCtxRetain");
    find(found.memAlloc, "cuMemAlloc_v2");
    find(found.memFree, "cuMemFree_v2");
    find(found.memGetInfo, "cuMemGetInfo_v2");
    find(found.memcpyHtoD, "cuMemcpyHtoD_v2");
    find(found.streamSynchronize, "cuStreamSynchronize");
    find(found.getErrorString, "cuGetErrorString");
    find(found.launch, "standInCudaLaunch");
    find(found.memory, "standInCudaMemory");
    find(found.fault, "standInCudaFault");
    if (!complete) {
        why = "libcuda.so.1 is not the stand-in CUDA driver, and this TensorRT-RTX is a stand-in that works with no other";
        return nullptr;
    }
    return &found;
}

const Driver &driver() {
    std::string why;
    const Driver *found = driver(why);
    if (found == nullptr) {
        std::fprintf(stderr, "STAND-IN TensorRT-RTX: %s\n", why.c_str());
        std::abort();
    }
    return *found;
}

std::string cudaText(int status) {
    const char *words = nullptr;
    driver().getErrorString(status, &words);
    return "CUDA error " + std::to_string(status) + ": " + (words == nullptr ? "unknown" : words);
}

int ensureContext() {
    void *context = nullptr;
    int status = driver().init(0);
    if (status == 0) {
        status = driver().ctxGetCurrent(&context);
    }
    if (status == 0 && context == nullptr) {
        status = driver().primaryCtxRetain(&context, 0);
        if (status == 0) {
            status = driver().ctxSetCurrent(context);
        }
    }
    return status;
}

void sufferFaults(const char *where) {
    if (driver().fault((std::string("crash_") + where).c_str()) != 0) {
        std::fprintf(stderr, "STAND-IN TensorRT-RTX: crashes in %s, as it was told to\n", where);
        std::abort();
    }
    while (driver().fault((std::string("hang_") + where).c_str()) != 0) {
        systemSleepNs(10000000);
    }
}

int DeviceMemory::take(int64_t size) {
    reset();
    if (size <= 0) {
        return 0;
    }
    const int status = driver().memAlloc(&mAddress, static_cast<size_t>(size));
    if (status == 2) {
        say(Severity::kERROR, "Error Code 2: OutOfMemory (Requested size was " + std::to_string(size) + " bytes.)");
    } else if (status != 0) {
        say(Severity::kERROR, "Error Code 1: Cuda Runtime (" + cudaText(status) + ")");
    }
    mAddress = status == 0 ? mAddress : 0;
    mSize = status == 0 ? size : 0;
    return status;
}

void DeviceMemory::reset() {
    if (mAddress != 0) {
        driver().memFree(mAddress);
        mAddress = 0;
        mSize = 0;
    }
}

} // namespace standIn
