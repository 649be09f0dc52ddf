#include "gpus.h"

#include "cudaDriver.h"
#include "engine_shim.h"
#include "nvmlLibrary.h"
#include "platform.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace engine_shim {

namespace {

struct CudaUuid {
    std::array<unsigned char, 16> bytes;
};
constexpr int32_t attributeComputeCapabilityMajor = 75;
constexpr int32_t attributeComputeCapabilityMinor = 76;

/* Only what works without a context; running an engine needs more (cudaDriver.h). */
struct CudaFacts {
    SharedLibrary library;
    CudaStatus(ES_CUDA_CALL *init)(unsigned int) = nullptr;
    CudaStatus(ES_CUDA_CALL *driverGetVersion)(int *) = nullptr;
    CudaStatus(ES_CUDA_CALL *deviceGetCount)(int *) = nullptr;
    CudaStatus(ES_CUDA_CALL *deviceGet)(CudaDevice *, int) = nullptr;
    CudaStatus(ES_CUDA_CALL *deviceGetName)(char *, int, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *deviceGetUuid)(CudaUuid *, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *deviceTotalMem)(size_t *, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *deviceGetAttribute)(int *, int, CudaDevice) = nullptr;
    CudaStatus(ES_CUDA_CALL *getErrorName)(CudaStatus, const char **) = nullptr;

    bool open(std::string &why) {
        library = SharedLibrary::openSystem(cudaDriverName, why);
        if (!library) {
            return false;
        }
        find(init, "cuInit");
        find(driverGetVersion, "cuDriverGetVersion");
        find(deviceGetCount, "cuDeviceGetCount");
        find(deviceGet, "cuDeviceGet");
        find(deviceGetName, "cuDeviceGetName");
        find(deviceTotalMem, "cuDeviceTotalMem_v2");
        find(deviceGetAttribute, "cuDeviceGetAttribute");
        find(getErrorName, "cuGetErrorName");
        /* _v2 gives the identity of the MIG slice where the first one gives the whole GPU's. */
        find(deviceGetUuid, "cuDeviceGetUuid_v2");
        if (deviceGetUuid == nullptr) {
            find(deviceGetUuid, "cuDeviceGetUuid");
        }
        if (init == nullptr || driverGetVersion == nullptr || deviceGetCount == nullptr || deviceGet == nullptr ||
            deviceGetName == nullptr || deviceTotalMem == nullptr || deviceGetAttribute == nullptr) {
            why = "it does not export the functions of a CUDA driver";
            return false;
        }
        /* The driver starts threads and handlers of its own and is not made to be unloaded. */
        library.keepOpen();
        return true;
    }

    std::string nameOf(CudaStatus status) const {
        const char *name = nullptr;
        if (getErrorName != nullptr && getErrorName(status, &name) == 0 && name != nullptr) {
            return std::string(name) + " (" + std::to_string(status) + ")";
        }
        return "CUDA error " + std::to_string(status);
    }

private:
    template <typename F> void find(F &function, const char *name) { function = library.function<F>(name); }
};

class Nvml {
public:
    Nvml() {
        std::string why;
        mLibrary = openNvml(why);
        if (!mLibrary) {
            mStatus = nvmlLibraryMissing;
            return;
        }
        find(mInit, "nvmlInit_v2");
        find(mShutdown, "nvmlShutdown");
        find(mDriverVersion, "nvmlSystemGetDriverVersion");
        find(mHandleByUuid, "nvmlDeviceGetHandleByUUID");
        find(mMemoryInfo, "nvmlDeviceGetMemoryInfo");
        /* The first one says of MCDM, which it does not know, that it is WDDM. Neither is there on Linux. */
        find(mDriverModel, "nvmlDeviceGetDriverModel_v2");
        if (mDriverModel == nullptr) {
            find(mDriverModel, "nvmlDeviceGetDriverModel");
        }
        mStatus = mInit == nullptr || mShutdown == nullptr ? NvmlStatus{nvmlFunctionNotFound} : mInit();
        mStarted = mStatus == 0;
    }

    ~Nvml() {
        if (mStarted) {
            mShutdown();
        }
        mLibrary.keepOpen();
    }
    Nvml(const Nvml &) = delete;
    Nvml &operator=(const Nvml &) = delete;

    /* Of the first call that failed; -1: there is no NVML. */
    NvmlStatus status() const noexcept { return mStatus; }

    void readDriverVersion(char *text, unsigned int size) {
        if (!mStarted || mDriverVersion == nullptr) {
            return;
        }
        if (!note(mDriverVersion(text, size))) {
            text[0] = '\0';
        }
    }

    /* CUDA and NVML count GPUs differently (CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER); the UUID names the same one. */
    bool readMemory(const std::string &uuid, NvmlMemory &memory) {
        NvmlDevice device = nullptr;
        return mStarted && mHandleByUuid != nullptr && mMemoryInfo != nullptr &&
               note(mHandleByUuid(uuid.c_str(), &device)) && note(mMemoryInfo(device, &memory));
    }

    /* How Windows drives the GPU. What has no such model says so, and that is no failure. */
    uint32_t driverModel(const std::string &uuid) const {
        NvmlDevice device = nullptr;
        int32_t current = 0;
        int32_t pending = 0;
        if (!mStarted || mHandleByUuid == nullptr || mDriverModel == nullptr ||
            mHandleByUuid(uuid.c_str(), &device) != 0 || mDriverModel(device, &current, &pending) != 0) {
            return ES_DRIVER_MODEL_UNKNOWN;
        }
        switch (current) {
        case 0:
            return ES_DRIVER_MODEL_WDDM;
        case 1: /* NVML calls it WDM */
            return ES_DRIVER_MODEL_TCC;
        case 2:
            return ES_DRIVER_MODEL_MCDM;
        default:
            return ES_DRIVER_MODEL_UNKNOWN;
        }
    }

    /* True when NVML knows a GPU or a MIG slice by this name; asking changes nothing. */
    bool knows(const std::string &uuid) const {
        NvmlDevice device = nullptr;
        return mStarted && mHandleByUuid != nullptr && mHandleByUuid(uuid.c_str(), &device) == 0;
    }

private:
    template <typename F> void find(F &function, const char *name) { function = mLibrary.function<F>(name); }
    bool note(NvmlStatus status) noexcept {
        if (status != 0 && mStatus == 0) {
            mStatus = status;
        }
        return status == 0;
    }

    SharedLibrary mLibrary;
    NvmlStatus mStatus = 0;
    bool mStarted = false;
    NvmlStatus (*mInit)() = nullptr;
    NvmlStatus (*mShutdown)() = nullptr;
    NvmlStatus (*mDriverVersion)(char *, unsigned int) = nullptr;
    NvmlStatus (*mHandleByUuid)(const char *, NvmlDevice *) = nullptr;
    NvmlStatus (*mMemoryInfo)(NvmlDevice, NvmlMemory *) = nullptr;
    NvmlStatus (*mDriverModel)(NvmlDevice, int32_t *, int32_t *) = nullptr;
};

template <size_t N> void copyText(char (&to)[N], std::string_view from) {
    const size_t length = std::min(from.size(), N - 1);
    std::memcpy(to, from.data(), length);
    to[length] = '\0';
}

std::string uuidText(const char *prefix, const CudaUuid &uuid) {
    std::string text = prefix;
    for (size_t i = 0; i < uuid.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text += '-';
        }
        char digits[3];
        std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned int>(uuid.bytes[i]));
        text += digits;
    }
    return text;
}

std::string whyCudaFails(const CudaFacts &cuda, CudaStatus status, const Nvml &nvml) {
    const std::string name = cuda.nameOf(status);
    switch (status) {
    case cudaNoDevice:
    case cudaInvalidDevice: {
        const char *visible = std::getenv("CUDA_VISIBLE_DEVICES");
        if (visible != nullptr) {
            return std::string("The CUDA driver shows no GPU; the environment variable CUDA_VISIBLE_DEVICES is \"") +
                   visible + "\". " + name + ".";
        }
        if (nvml.status() == nvmlDriverNotLoaded) {
            return "The NVIDIA driver is installed but not loaded. " + name + ".";
        }
        return "The NVIDIA driver finds no GPU that CUDA can use. " + name + ".";
    }
    case cudaSystemDriverMismatch:
        return "The NVIDIA driver's library and its kernel module are of different versions; after a driver update "
               "restart the computer. " +
               name + ".";
    case cudaCompatNotSupported:
        return "The CUDA compatibility package that is installed does not work with this GPU. " + name + ".";
    case cudaSystemNotReady:
        return "The NVIDIA driver is not ready; on systems with NVSwitch the Fabric Manager must run. " + name + ".";
    case cudaStubLibrary:
        return std::string(cudaDriverName) +
               " is the CUDA toolkit's stub, not a driver; remove its folder from the library search path. " + name + ".";
    case cudaInsufficientDriver:
        return "The NVIDIA driver is too old. " + name + ".";
    case cudaDevicesUnavailable:
        return "All GPUs are in use exclusively by other processes. " + name + ".";
    case cudaOperatingSystem:
        return "The operating system refused the NVIDIA driver's call; the device files /dev/nvidia* may be missing or "
               "not permitted. " +
               name + ".";
    case cudaUnknown:
        if (nvml.status() == nvmlLibRmVersionMismatch) {
            return whyCudaFails(cuda, cudaSystemDriverMismatch, nvml);
        }
        return "The NVIDIA driver could not be started; restarting the computer or loading the module nvidia_uvm may "
               "help. " +
               name + ".";
    default:
        return "The NVIDIA driver could not be used. " + name + ".";
    }
}

bool readGpu(const CudaFacts &cuda, int index, Nvml &nvml, es_gpu_record &gpu, CudaStatus &status) {
    CudaDevice device = 0;
    int major = 0;
    int minor = 0;
    size_t total = 0;
    char name[sizeof(gpu.name)] = "";
    const auto succeeds = [&status](CudaStatus answer) {
        if (answer != 0 && status == 0) {
            status = answer;
        }
        return answer == 0;
    };
    if (!succeeds(cuda.deviceGet(&device, index)) ||
        !succeeds(cuda.deviceGetAttribute(&major, attributeComputeCapabilityMajor, device)) ||
        !succeeds(cuda.deviceGetAttribute(&minor, attributeComputeCapabilityMinor, device)) ||
        !succeeds(cuda.deviceTotalMem(&total, device))) {
        return false;
    }
    if (succeeds(cuda.deviceGetName(name, static_cast<int>(sizeof(name)) - 1, device))) {
        copyText(gpu.name, name);
    }
    gpu.index = index;
    gpu.compute_capability_major = major;
    gpu.compute_capability_minor = minor;
    gpu.total_memory = total;
    gpu.used_memory = ES_UNKNOWN_BYTES;
    gpu.free_memory = ES_UNKNOWN_BYTES;
    CudaUuid uuid{};
    if (cuda.deviceGetUuid != nullptr && cuda.deviceGetUuid(&uuid, device) == 0) {
        const std::string slice = uuidText("MIG-", uuid);
        const std::string text = nvml.knows(slice) ? slice : uuidText("GPU-", uuid);
        copyText(gpu.uuid, text);
        NvmlMemory memory{};
        if (nvml.readMemory(text, memory)) {
            gpu.used_memory = memory.used;
            gpu.free_memory = memory.free;
        }
        gpu.driver_model = nvml.driverModel(text);
    }
    return true;
}

std::vector<es_gpu_record> readGpus(es_driver_record &driver) {
    std::vector<es_gpu_record> gpus;
    Nvml nvml;
    nvml.readDriverVersion(driver.driver_version, sizeof(driver.driver_version));
    CudaFacts cuda;
    std::string why;
    if (!cuda.open(why)) {
        driver.cuda_status = -1;
        driver.nvml_status = nvml.status();
        copyText(driver.message, std::string("No NVIDIA driver was found: ") + why + ".");
        return gpus;
    }
    /* Answers without cuInit, also where cuInit fails. */
    int version = 0;
    if (cuda.driverGetVersion(&version) == 0) {
        driver.cuda_driver_version = version;
    }
    int count = 0;
    driver.cuda_status = cuda.init(0);
    if (driver.cuda_status == 0) {
        driver.cuda_status = cuda.deviceGetCount(&count);
    }
    if (driver.cuda_status == 0 && count == 0) {
        driver.cuda_status = cudaNoDevice;
    }
    for (int i = 0; driver.cuda_status == 0 && i < count; ++i) {
        es_gpu_record gpu{};
        CudaStatus status = 0;
        if (readGpu(cuda, i, nvml, gpu, status)) {
            gpus.push_back(gpu);
        } else {
            driver.cuda_status = status;
        }
    }
    driver.nvml_status = nvml.status();
    if (driver.cuda_status != 0) {
        copyText(driver.message, whyCudaFails(cuda, driver.cuda_status, nvml));
    }
    return gpus;
}

} // namespace

void listGpus(Job &job) {
    es_driver_record driver{};
    const std::vector<es_gpu_record> gpus = readGpus(driver);
    driver.gpu_count = static_cast<uint32_t>(gpus.size());
    appendBytes(job.result(), driver);
    for (const es_gpu_record &gpu : gpus) {
        appendBytes(job.result(), gpu);
    }
}

std::string whyNoGpu() {
    es_driver_record driver{};
    readGpus(driver);
    return driver.message;
}

} // namespace engine_shim
