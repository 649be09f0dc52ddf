#include "gpuMonitor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

namespace engine_shim {

namespace {

/* nvml.h; sizes and orders as there. */
struct MemoryV2 {
    unsigned int version;
    unsigned long long total;
    unsigned long long reserved;
    unsigned long long free;
    unsigned long long used;
};
constexpr unsigned int memoryV2Version = static_cast<unsigned int>(sizeof(MemoryV2)) | (2u << 24);

struct Utilization {
    unsigned int gpu;
    unsigned int memory;
};
struct PciInfo {
    char busIdLegacy[16];
    unsigned int domain;
    unsigned int bus;
    unsigned int device;
    unsigned int pciDeviceId;
    unsigned int pciSubSystemId;
    char busId[32];
};
/* Of the functions without a version; those with _v2 and _v3 add which MIG instance. */
struct ProcessV1 {
    unsigned int pid;
    unsigned long long usedGpuMemory;
};
struct ProcessV2 {
    unsigned int pid;
    unsigned long long usedGpuMemory;
    unsigned int gpuInstanceId;
    unsigned int computeInstanceId;
};
constexpr unsigned long long notAvailable = UINT64_MAX;
constexpr unsigned int maxProcesses = 4096;

/* Looks between two questions whether a GPU is divided. */
constexpr uint64_t migEvery = 15;

/* A GPU that stays lost must not cost a start of NVML with every look. */
constexpr std::chrono::seconds restartPause{30};

template <size_t N> void copyText(char (&to)[N], std::string_view from) {
    const size_t length = std::min(from.size(), N - 1);
    std::memcpy(to, from.data(), length);
    to[length] = '\0';
}

/* Text that a driver should have ended. */
template <size_t N> void endText(char (&text)[N]) { text[N - 1] = '\0'; }

} // namespace

struct GpuMonitor::Functions {
    using ProcessesFunction = NvmlStatus (*)(NvmlDevice, unsigned int *, void *);
    /* One kind of processes, by the newest function there is. */
    struct Processes {
        ProcessesFunction function = nullptr;
        size_t stride = 0;
    };

    SharedLibrary library;
    NvmlStatus (*init)() = nullptr;
    NvmlStatus (*shutdown)() = nullptr;
    NvmlStatus (*driverVersion)(char *, unsigned int) = nullptr;
    NvmlStatus (*nvmlVersion)(char *, unsigned int) = nullptr;
    NvmlStatus (*cudaDriverVersion)(int *) = nullptr;
    NvmlStatus (*count)(unsigned int *) = nullptr;
    NvmlStatus (*handleByIndex)(unsigned int, NvmlDevice *) = nullptr;
    NvmlStatus (*name)(NvmlDevice, char *, unsigned int) = nullptr;
    NvmlStatus (*uuid)(NvmlDevice, char *, unsigned int) = nullptr;
    NvmlStatus (*pciInfo)(NvmlDevice, PciInfo *) = nullptr;
    NvmlStatus (*computeCapability)(NvmlDevice, int *, int *) = nullptr;
    NvmlStatus (*memory)(NvmlDevice, NvmlMemory *) = nullptr;
    NvmlStatus (*memoryV2)(NvmlDevice, MemoryV2 *) = nullptr;
    NvmlStatus (*utilization)(NvmlDevice, Utilization *) = nullptr;
    NvmlStatus (*migMode)(NvmlDevice, unsigned int *, unsigned int *) = nullptr;
    NvmlStatus (*migCount)(NvmlDevice, unsigned int *) = nullptr;
    NvmlStatus (*migByIndex)(NvmlDevice, unsigned int, NvmlDevice *) = nullptr;
    NvmlStatus (*processName)(unsigned int, char *, unsigned int) = nullptr;
    Processes compute;
    Processes graphics;

    explicit Functions(SharedLibrary opened) : library(std::move(opened)) {
        find(init, "nvmlInit_v2");
        find(shutdown, "nvmlShutdown");
        find(driverVersion, "nvmlSystemGetDriverVersion");
        find(nvmlVersion, "nvmlSystemGetNVMLVersion");
        /* Not its _v2, which fails where the CUDA driver's library is missing. */
        find(cudaDriverVersion, "nvmlSystemGetCudaDriverVersion");
        find(count, "nvmlDeviceGetCount_v2");
        find(handleByIndex, "nvmlDeviceGetHandleByIndex_v2");
        find(name, "nvmlDeviceGetName");
        find(uuid, "nvmlDeviceGetUUID");
        find(pciInfo, "nvmlDeviceGetPciInfo_v3");
        find(computeCapability, "nvmlDeviceGetCudaComputeCapability");
        find(memory, "nvmlDeviceGetMemoryInfo");
        find(memoryV2, "nvmlDeviceGetMemoryInfo_v2");
        find(utilization, "nvmlDeviceGetUtilizationRates");
        find(migMode, "nvmlDeviceGetMigMode");
        find(migCount, "nvmlDeviceGetMaxMigDeviceCount");
        find(migByIndex, "nvmlDeviceGetMigDeviceHandleByIndex");
        find(processName, "nvmlSystemGetProcessName");
        compute = findProcesses("nvmlDeviceGetComputeRunningProcesses");
        graphics = findProcesses("nvmlDeviceGetGraphicsRunningProcesses");
    }

    bool isComplete() const noexcept {
        return init != nullptr && shutdown != nullptr && count != nullptr && handleByIndex != nullptr;
    }

private:
    template <typename F> void find(F &function, const char *symbol) { function = library.function<F>(symbol); }

    Processes findProcesses(const std::string &symbol) const {
        for (const char *version : {"_v3", "_v2"}) {
            if (auto function = library.function<ProcessesFunction>((symbol + version).c_str())) {
                return {function, sizeof(ProcessV2)};
            }
        }
        return {library.function<ProcessesFunction>(symbol.c_str()), sizeof(ProcessV1)};
    }
};

struct GpuMonitor::Look {
    bool wantsProcesses = false;
    std::vector<es_gpu_memory_record> gpus;
    std::vector<es_gpu_process_record> processes;
    std::set<uint32_t> pids;
};

GpuMonitor::GpuMonitor() = default;
GpuMonitor::~GpuMonitor() { stop(); }

void GpuMonitor::stop() noexcept {
    if (mNvml) {
        mNvml->shutdown();
        mNvml.reset(); /* and closes the library: the next start finds the one of a driver that was updated */
    }
    mGpus.clear();
    mMustRestart = false;
    mLooks = 0;
}

NvmlStatus GpuMonitor::start(const std::string &nvmlPath) {
    if (mNvml && (mMustRestart || mPath != nvmlPath)) {
        stop();
    }
    if (mNvml) {
        return 0;
    }
    mPath = nvmlPath;
    mWhy.clear();
    SharedLibrary library = nvmlPath.empty() ? openNvml(mWhy) : SharedLibrary::openFile(nvmlPath, mWhy);
    if (!library) {
        return nvmlLibraryMissing;
    }
    auto functions = std::make_unique<Functions>(std::move(library));
    if (!functions->isComplete()) {
        return nvmlFunctionNotFound;
    }
    if (const NvmlStatus status = functions->init()) {
        return status;
    }
    mNvml = std::move(functions);
    mStarted = std::chrono::steady_clock::now();
    mHasMemoryV2 = mNvml->memoryV2 != nullptr;
    const NvmlStatus status = findGpus();
    if (status != 0) {
        stop();
    }
    return status;
}

NvmlStatus GpuMonitor::findGpus() {
    mDriver = {};
    const auto ask = [](NvmlStatus (*function)(char *, unsigned int), auto &text) {
        if (function == nullptr || function(text, sizeof(text)) != 0) {
            text[0] = '\0';
        }
        endText(text);
    };
    ask(mNvml->driverVersion, mDriver.driver_version);
    ask(mNvml->nvmlVersion, mDriver.nvml_version);
    int version = 0;
    if (mNvml->cudaDriverVersion != nullptr && mNvml->cudaDriverVersion(&version) == 0) {
        mDriver.cuda_driver_version = version;
    }
    unsigned int count = 0;
    if (const NvmlStatus status = mNvml->count(&count)) {
        return status;
    }
    for (unsigned int i = 0; i < count; ++i) {
        Gpu gpu;
        gpu.facts.index = static_cast<int32_t>(i);
        gpu.facts.mig_instance = -1;
        gpu.facts.utilization = -1;
        if (note(mNvml->handleByIndex(i, &gpu.device), gpu.facts.status)) {
            readFacts(gpu);
        } else {
            gpu.device = nullptr;
        }
        mGpus.push_back(gpu);
    }
    return 0;
}

/* A fact that fails is a fact that is not known; the numbers tell whether the GPU is well. */
void GpuMonitor::readFacts(Gpu &gpu) const {
    es_gpu_memory_record &facts = gpu.facts;
    if (mNvml->name != nullptr && mNvml->name(gpu.device, facts.name, sizeof(facts.name)) != 0) {
        facts.name[0] = '\0';
    }
    if (mNvml->uuid != nullptr && mNvml->uuid(gpu.device, facts.uuid, sizeof(facts.uuid)) != 0) {
        facts.uuid[0] = '\0';
    }
    endText(facts.name);
    endText(facts.uuid);
    PciInfo pci{};
    if (mNvml->pciInfo != nullptr && mNvml->pciInfo(gpu.device, &pci) == 0) {
        endText(pci.busId);
        copyText(facts.pci_bus_id, pci.busId);
    }
    int major = 0;
    int minor = 0;
    if (mNvml->computeCapability != nullptr && mNvml->computeCapability(gpu.device, &major, &minor) == 0) {
        facts.compute_capability_major = major;
        facts.compute_capability_minor = minor;
    }
    unsigned int current = 0;
    unsigned int pending = 0;
    gpu.mayHaveMig = mNvml->migMode != nullptr && mNvml->migMode(gpu.device, &current, &pending) == 0;
}

/* Remembers the first failure of a GPU, and that NVML must be started anew after one that does not go away by itself. */
bool GpuMonitor::note(NvmlStatus status, int32_t &first) noexcept {
    if (status == 0) {
        return true;
    }
    if (first == 0) {
        first = status;
    }
    switch (status) {
    case nvmlUninitialized:
    case nvmlDriverNotLoaded:
        mMustRestart = true;
        break;
    case nvmlGpuIsLost:
    case nvmlResetRequired:
    case nvmlLibRmVersionMismatch:
        mMustRestart = mMustRestart || std::chrono::steady_clock::now() - mStarted > restartPause;
        break;
    default:
        break;
    }
    return false;
}

void GpuMonitor::readNumbers(NvmlDevice device, es_gpu_memory_record &record) {
    record.total_memory = ES_UNKNOWN_BYTES;
    record.used_memory = ES_UNKNOWN_BYTES;
    record.free_memory = ES_UNKNOWN_BYTES;
    record.reserved_memory = ES_UNKNOWN_BYTES;
    NvmlStatus status = nvmlNotSupported;
    if (mHasMemoryV2) {
        MemoryV2 memory{};
        memory.version = memoryV2Version;
        status = mNvml->memoryV2(device, &memory);
        if (status == 0) {
            record.total_memory = memory.total;
            record.used_memory = memory.used;
            record.free_memory = memory.free;
            record.reserved_memory = memory.reserved;
        } else if (status == nvmlArgumentVersionMismatch || status == nvmlFunctionNotFound) {
            mHasMemoryV2 = false;
        }
    }
    if (status == nvmlNotSupported || status == nvmlArgumentVersionMismatch || status == nvmlFunctionNotFound) {
        NvmlMemory memory{};
        status = mNvml->memory == nullptr ? NvmlStatus{nvmlFunctionNotFound} : mNvml->memory(device, &memory);
        if (status == 0) {
            record.total_memory = memory.total;
            record.used_memory = memory.used;
            record.free_memory = memory.free;
        }
    }
    note(status, record.status);

    record.utilization = -1;
    Utilization utilization{};
    if (mNvml->utilization != nullptr && mNvml->utilization(device, &utilization) == 0) {
        record.utilization = static_cast<int32_t>(std::min(utilization.gpu, 100u));
    }
}

void GpuMonitor::readGpu(Gpu &gpu, Look &look) {
    es_gpu_memory_record record = gpu.facts;
    if (gpu.device == nullptr) {
        /* Its handle failed when NVML was started: note() has seen it then, and sees it again until it is time. */
        int32_t ignored = 0;
        note(record.status, ignored);
        record.total_memory = record.used_memory = record.free_memory = record.reserved_memory = ES_UNKNOWN_BYTES;
        look.gpus.push_back(record);
        return;
    }
    unsigned int current = 0;
    unsigned int pending = 0;
    /* This question costs more than all the others together, and the answer hardly ever changes. */
    if (gpu.mayHaveMig && mLooks % migEvery == 0 && mNvml->migMode(gpu.device, &current, &pending) == 0) {
        gpu.facts.mig_enabled = record.mig_enabled = current == 1 ? 1 : 0;
    }
    readNumbers(gpu.device, record);
    readProcesses(gpu.device, record, look);
    look.gpus.push_back(record);
    if (record.mig_enabled != 0) {
        readInstances(gpu, look);
    }
}

void GpuMonitor::readInstances(const Gpu &gpu, Look &look) {
    unsigned int count = 0;
    if (mNvml->migCount == nullptr || mNvml->migByIndex == nullptr || mNvml->migCount(gpu.device, &count) != 0) {
        return;
    }
    int32_t found = 0;
    for (unsigned int i = 0; i < std::min(count, 64u); ++i) {
        Gpu instance;
        if (mNvml->migByIndex(gpu.device, i, &instance.device) != 0) {
            continue; /* places without an instance are not found */
        }
        readFacts(instance);
        es_gpu_memory_record record = instance.facts;
        record.index = gpu.facts.index;
        record.mig_instance = found++;
        copyText(record.parent_uuid, gpu.facts.uuid);
        if (record.compute_capability_major == 0) {
            record.compute_capability_major = gpu.facts.compute_capability_major;
            record.compute_capability_minor = gpu.facts.compute_capability_minor;
        }
        if (record.pci_bus_id[0] == '\0') {
            copyText(record.pci_bus_id, gpu.facts.pci_bus_id);
        }
        readNumbers(instance.device, record);
        readProcesses(instance.device, record, look);
        look.gpus.push_back(record);
    }
}

void GpuMonitor::readProcesses(NvmlDevice device, es_gpu_memory_record &record, Look &look) {
    record.process_first = static_cast<uint32_t>(look.processes.size());
    record.process_count = 0;
    record.processes_status = 0;
    if (!look.wantsProcesses) {
        record.process_count = ES_UNKNOWN_COUNT;
        return;
    }
    const std::array<std::pair<const Functions::Processes *, uint32_t>, 2> kinds{
        {{&mNvml->compute, ES_GPU_PROCESS_COMPUTE}, {&mNvml->graphics, ES_GPU_PROCESS_GRAPHICS}}};
    int answered = 0;
    int32_t failure = 0;
    for (const auto &[processes, kind] : kinds) {
        if (processes->function == nullptr) {
            failure = failure == 0 ? int32_t{nvmlFunctionNotFound} : failure;
            continue;
        }
        NvmlStatus status = nvmlInsufficientSize;
        std::vector<uint8_t> buffer;
        unsigned int count = 32;
        /* Between two questions more may come. */
        for (int attempt = 0; attempt < 4 && status == nvmlInsufficientSize; ++attempt) {
            const unsigned int capacity = std::min(count + 16, maxProcesses);
            buffer.assign(capacity * processes->stride, 0);
            count = capacity;
            status = processes->function(device, &count, buffer.data());
            count = status == 0 ? std::min(count, capacity) : count;
        }
        if (!note(status, failure)) {
            continue;
        }
        ++answered;
        for (unsigned int i = 0; i < count; ++i) {
            ProcessV1 process{}; /* the beginning of ProcessV2 too */
            std::memcpy(&process, buffer.data() + i * processes->stride, sizeof(process));
            es_gpu_process_record entry{};
            entry.memory = process.usedGpuMemory == notAvailable ? ES_UNKNOWN_BYTES : process.usedGpuMemory;
            entry.pid = process.pid;
            entry.kind = kind;
            copyText(entry.name, processName(process.pid));
            look.pids.insert(process.pid);
            look.processes.push_back(entry);
        }
    }
    /* One kind that the board does not know is no loss. */
    record.processes_status = answered > 0 ? 0 : failure;
    record.process_count = static_cast<uint32_t>(look.processes.size()) - record.process_first;
}

/* Asked once for each process, as long as it is seen. */
std::string GpuMonitor::processName(uint32_t pid) {
    const auto known = mProcessNames.find(pid);
    if (known != mProcessNames.end()) {
        return known->second;
    }
    char name[1024] = "";
    if (mNvml->processName == nullptr || mNvml->processName(pid, name, sizeof(name)) != 0) {
        name[0] = '\0';
    }
    endText(name);
    return mProcessNames.emplace(pid, name).first->second;
}

void GpuMonitor::poll(const std::string &nvmlPath, uint32_t flags, Job &job) {
    Look look;
    look.wantsProcesses = (flags & ES_GPU_POLL_PROCESSES) != 0;
    const NvmlStatus status = start(nvmlPath);
    es_gpu_poll_record driver = mNvml ? mDriver : es_gpu_poll_record{};
    driver.nvml_status = status;
    copyText(driver.message, mWhy);
    if (status == 0) {
        for (Gpu &gpu : mGpus) {
            job.stopIfCancelled();
            readGpu(gpu, look);
        }
        ++mLooks;
        if (look.wantsProcesses) {
            for (auto entry = mProcessNames.begin(); entry != mProcessNames.end();) {
                entry = look.pids.count(entry->first) != 0 ? std::next(entry) : mProcessNames.erase(entry);
            }
        }
    }
    driver.gpu_count = static_cast<uint32_t>(look.gpus.size());
    driver.process_count = static_cast<uint32_t>(look.processes.size());
    appendBytes(job.result(), driver);
    for (const es_gpu_memory_record &gpu : look.gpus) {
        appendBytes(job.result(), gpu);
    }
    for (const es_gpu_process_record &process : look.processes) {
        appendBytes(job.result(), process);
    }
}

} // namespace engine_shim
