/*
 * standInCuda.cpp - a stand-in for the CUDA driver (libcuda.so.1), for tests on machines without a supported GPU. Own
 * code; it implements the public driver functions that the engine shim uses (names, structs and codes as in cuda.h) on
 * the CPU. Names of GPUs begin with "STAND-IN". The machine is the text file that STAND_IN_NVML names, the same one that
 * the stand-in NVML reads (standInNvml.c), read anew when it changes:
 *
 *   machine cuda=13000                the driver's version
 *   gpu uuid=GPU-... name=RTX total=BYTES used=BYTES reserved=BYTES cc=8.9     used: by others than the stand-in's users
 *   cuda init=0 context=BYTES         what cuInit answers, what a context takes
 *   fault oom_alloc=3                 the third allocation of a process fails with CUDA_ERROR_OUT_OF_MEMORY
 *   fault oom_above=BYTES             so does each of more bytes
 *   fault lost_launch=50 lost_code=719   the 50th launch of a process ends the context: every later call gives the code
 *   fault slow_every=10 slow_ms=50    every tenth launch takes so much longer
 *   fault hang_launch=50              what waits for the 50th launch waits for ever
 * and further names for the stand-in TensorRT-RTX, which asks by standInCudaFault.
 *
 * How it differs from memory and from a clock:
 *  - GPU addresses point to memory that nobody may touch: a program that reads or writes there dies, as it would find
 *    nothing on a real machine. Functions look up where the bytes really are, and refuse what is not allocated (700).
 *  - Work on a stream happens when somebody waits for it, not before, and its time is reckoned: a stream is busy until
 *    the sum of what was launched; waiting means to do the work and to wait for that moment, to the microsecond.
 * Every process writes what it holds into the file STAND_IN_GPU_USAGE, so that free memory is that of the machine.
 */
#include "../system.h"
#include "standInCuda.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#endif

#define EXPORT extern "C" STAND_IN_VISIBLE

namespace {

enum Result : int {
    success = 0,
    invalidValue = 1,
    outOfMemory = 2,
    notInitialized = 3,
    noDevice = 100,
    invalidDevice = 101,
    invalidContext = 201,
    invalidHandle = 400,
    notFound = 500,
    notReady = 600,
    illegalAddress = 700,
    launchFailed = 719,
};

using Device = int;
using Address = uint64_t;

int64_t now() {
    const auto time = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

[[noreturn]] void hang() {
    for (;;) {
        systemSleepNs(1000000000);
    }
}

/* Sleeps for most of it and looks at the clock for the rest: a sleeper wakes up late, on Windows by milliseconds. */
void waitUntil(int64_t moment) {
#if defined(_WIN32)
    constexpr int64_t beforehand = 2000000;
#else
    constexpr int64_t beforehand = 200000;
#endif
    if (moment == INT64_MAX) {
        hang();
    }
    if (moment - now() > 2 * beforehand) {
        systemSleepNs(moment - beforehand - now());
    }
    while (now() < moment) {
    }
}

/* ---- the machine ---- */

struct Gpu {
    std::string name;
    std::string uuid;
    uint64_t total = 0;
    uint64_t takenByOthers = 0;
    int major = 8;
    int minor = 9;
};
struct Machine {
    std::vector<Gpu> gpus;
    int cuda = 13000;
    int init = 0;
    uint64_t contextBytes = 96u << 20;
    std::map<std::string, int64_t> faults;
};

std::string decoded(const std::string &from) {
    std::string to;
    for (size_t i = 0; i < from.size(); ++i) {
        unsigned int byte = 0;
        if (from[i] == '%' && std::sscanf(from.c_str() + i + 1, "%2x", &byte) == 1) {
            to += static_cast<char>(byte);
            i += 2;
        } else {
            to += from[i];
        }
    }
    return to;
}

std::map<std::string, std::string> fieldsOf(const std::string &line) {
    std::map<std::string, std::string> fields;
    size_t at = line.find(' ');
    while (at != std::string::npos) {
        const size_t end = line.find(' ', at + 1);
        const std::string field = line.substr(at + 1, end == std::string::npos ? end : end - at - 1);
        const size_t equals = field.find('=');
        if (equals != std::string::npos) {
            fields[field.substr(0, equals)] = decoded(field.substr(equals + 1));
        }
        at = end;
    }
    return fields;
}

uint64_t numberIn(const std::map<std::string, std::string> &fields, const char *key, uint64_t otherwise) {
    const auto found = fields.find(key);
    return found == fields.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 10);
}

std::shared_ptr<const Machine> readMachine(const char *path) {
    auto machine = std::make_shared<Machine>();
    std::FILE *file = path == nullptr ? nullptr : std::fopen(path, "r");
    char text[4096];
    while (file != nullptr && std::fgets(text, sizeof(text), file) != nullptr) {
        std::string line = text;
        line.erase(line.find_last_not_of('\n') + 1);
        const std::string word = line.substr(0, line.find(' '));
        const auto fields = fieldsOf(line);
        if (word == "machine") {
            machine->cuda = static_cast<int>(numberIn(fields, "cuda", 13000));
        } else if (word == "cuda") {
            machine->init = static_cast<int>(numberIn(fields, "init", 0));
            machine->contextBytes = numberIn(fields, "context", machine->contextBytes);
        } else if (word == "fault") {
            for (const auto &[name, value] : fields) {
                machine->faults[name] = std::strtoll(value.c_str(), nullptr, 10);
            }
        } else if (word == "gpu") {
            Gpu gpu;
            const auto of = [&](const char *key) { return fields.count(key) != 0 ? fields.at(key) : std::string(); };
            gpu.name = "STAND-IN " + of("name");
            gpu.uuid = of("uuid");
            gpu.total = numberIn(fields, "total", 0);
            gpu.takenByOthers = numberIn(fields, "used", 0) + numberIn(fields, "reserved", 0);
            std::sscanf(of("cc").c_str(), "%d.%d", &gpu.major, &gpu.minor);
            machine->gpus.push_back(gpu);
        }
    }
    if (file != nullptr) {
        std::fclose(file);
    }
    return machine;
}

/* ---- files and memory of the system ---- */

/* What differs when another file came to this place. */
struct FileState {
    uint64_t parts[3] = {0, 0, 0};
    bool operator!=(const FileState &other) const { return std::memcmp(parts, other.parts, sizeof(parts)) != 0; }
};

#if defined(_WIN32)
FileState stateOf(const char *path) {
    FileState state;
    WIN32_FILE_ATTRIBUTE_DATA facts{};
    if (GetFileAttributesExA(path, GetFileExInfoStandard, &facts) != 0) {
        state.parts[0] = uint64_t{facts.ftLastWriteTime.dwHighDateTime} << 32 | facts.ftLastWriteTime.dwLowDateTime;
        state.parts[1] = uint64_t{facts.nFileSizeHigh} << 32 | facts.nFileSizeLow;
        state.parts[2] = facts.ftCreationTime.dwLowDateTime;
    }
    return state;
}

/* nullptr: the system has no more. */
void *takePages(uint64_t size, bool forbidden) {
    return VirtualAlloc(nullptr, size, forbidden ? MEM_RESERVE : MEM_RESERVE | MEM_COMMIT,
                        forbidden ? PAGE_NOACCESS : PAGE_READWRITE);
}
void givePages(void *pages, uint64_t) { VirtualFree(pages, 0, MEM_RELEASE); }

/* A file that processes share, of this size; nullptr: it cannot be had. */
void *sharedFile(const char *path, size_t size) {
    constexpr DWORD everybody = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const HANDLE file =
        CreateFileA(path, GENERIC_READ | GENERIC_WRITE, everybody, nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (file == INVALID_HANDLE_VALUE) {
        return nullptr;
    }
    const HANDLE mapping = CreateFileMappingA(file, nullptr, PAGE_READWRITE, 0, static_cast<DWORD>(size), nullptr);
    void *view = mapping == nullptr ? nullptr : MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, size);
    if (mapping != nullptr) {
        CloseHandle(mapping);
    }
    CloseHandle(file);
    return view;
}
#else
FileState stateOf(const char *path) {
    FileState state;
    struct stat facts {};
    if (stat(path, &facts) == 0) {
        state.parts[0] = static_cast<uint64_t>(facts.st_ino);
        state.parts[1] = static_cast<uint64_t>(facts.st_mtim.tv_sec);
        state.parts[2] = static_cast<uint64_t>(facts.st_mtim.tv_nsec);
    }
    return state;
}

/* nullptr: the system has no more. */
void *takePages(uint64_t size, bool forbidden) {
    void *pages = mmap(nullptr, size, forbidden ? PROT_NONE : PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}
void givePages(void *pages, uint64_t size) { munmap(pages, size); }

/* A file that processes share, of this size; nullptr: it cannot be had. */
void *sharedFile(const char *path, size_t size) {
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *memory = MAP_FAILED;
    if (file >= 0 && ftruncate(file, static_cast<off_t>(size)) == 0) {
        memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (file >= 0) {
        close(file);
    }
    return memory == MAP_FAILED ? nullptr : memory;
}
#endif

/* Looks at the file at most every five milliseconds, and reads it when it is another one. */
std::shared_ptr<const Machine> machineNow() {
    static std::mutex mutex;
    static std::shared_ptr<const Machine> machine;
    static FileState seen;
    static int64_t looked = 0;
    const std::lock_guard<std::mutex> lock(mutex);
    const int64_t time = now();
    if (machine && time - looked < 5000000) {
        return machine;
    }
    looked = time;
    const char *path = std::getenv("STAND_IN_NVML");
    const FileState status = path == nullptr ? FileState() : stateOf(path);
    if (!machine || status != seen) {
        seen = status;
        machine = readMachine(path);
    }
    return machine;
}

int64_t fault(const char *name) {
    const auto machine = machineNow();
    const auto found = machine->faults.find(name);
    return found == machine->faults.end() ? 0 : found->second;
}

/* The GPUs that CUDA_VISIBLE_DEVICES lets through, as indices of the machine's. */
std::vector<int> visibleGpus(const Machine &machine) {
    std::vector<int> all;
    for (size_t i = 0; i < machine.gpus.size(); ++i) {
        all.push_back(static_cast<int>(i));
    }
    const char *text = std::getenv("CUDA_VISIBLE_DEVICES");
    if (text == nullptr) {
        return all;
    }
    std::vector<int> visible;
    std::string rest = text;
    while (!rest.empty()) {
        const size_t comma = rest.find(',');
        const std::string one = rest.substr(0, comma);
        rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
        int index = -1;
        for (const int i : all) {
            if (one == std::to_string(i) || (!one.empty() && machine.gpus[static_cast<size_t>(i)].uuid.find(one) == 0)) {
                index = i;
            }
        }
        if (index < 0) {
            break; /* as CUDA does: what follows a wrong one is hidden too */
        }
        visible.push_back(index);
    }
    return visible;
}

bool gpuOf(Device device, Gpu &gpu) {
    const auto machine = machineNow();
    const std::vector<int> visible = visibleGpus(*machine);
    if (device < 0 || static_cast<size_t>(device) >= visible.size()) {
        return false;
    }
    gpu = machine->gpus[static_cast<size_t>(visible[static_cast<size_t>(device)])];
    return true;
}

/* ---- what the processes of the machine hold; readers: standInNvml.c and standIns.ts ---- */

struct Use {
    std::atomic<uint32_t> pid;
    uint32_t reserved;
    std::atomic<uint64_t> bytes;
};
static_assert(sizeof(Use) == 16, "standInNvml.c and standIns.ts read it");
constexpr size_t useCount = 256;

bool alive(uint32_t pid) { return systemProcessLives(pid) != 0; }

Use *uses() {
    static Use *const mapped = []() -> Use * {
        static Use own[useCount]; /* without a file: this process alone */
        const char *path = std::getenv("STAND_IN_GPU_USAGE");
        void *memory = path == nullptr ? nullptr : sharedFile(path, sizeof(own));
        return memory == nullptr ? own : static_cast<Use *>(memory);
    }();
    return mapped;
}

Use &ownUse() {
    static Use *const mine = []() {
        const uint32_t pid = systemProcessId();
        for (size_t i = 0; i < useCount; ++i) {
            uint32_t owner = uses()[i].pid.load();
            if ((owner == 0 || owner == pid || !alive(owner)) && uses()[i].pid.compare_exchange_strong(owner, pid)) {
                uses()[i].bytes = 0;
                return &uses()[i];
            }
        }
        std::fprintf(stderr, "STAND-IN CUDA driver: more than %zu processes use it\n", useCount);
        std::abort();
    }();
    return *mine;
}

uint64_t bytesInUse() {
    uint64_t sum = 0;
    for (size_t i = 0; i < useCount; ++i) {
        const uint32_t owner = uses()[i].pid.load();
        sum += owner != 0 && alive(owner) ? uses()[i].bytes.load() : 0;
    }
    return sum;
}

uint64_t freeBytes(const Gpu &gpu) {
    const uint64_t taken = gpu.takenByOthers + bytesInUse();
    return taken < gpu.total ? gpu.total - taken : 0;
}

/* ---- memory ---- */

struct Allocation {
    uint64_t size = 0;
    char *bytes = nullptr;
    bool onDevice = true;
};

struct Event;
struct Operation {
    uint64_t number;
    /* false: the GPU was lost before it came to this. */
    std::function<void(bool)> work;
};
struct Stream {
    std::deque<Operation> waiting;
    uint64_t launched = 0;
    uint64_t done = 0;
    int64_t busyUntil = 0;
};
struct Event {
    bool timed = true;
    bool recorded = false;
    Stream *stream = nullptr;
    uint64_t number = 0;
    int64_t moment = 0;
};

struct Driver {
    /* Guards everything here but what operations do. */
    std::mutex mutex;
    /* Held while operations run: the GPU does one thing at a time. */
    std::recursive_mutex running;
    bool initialized = false;
    int contexts = 0;
    std::atomic<int> lost{success};
    int64_t busyUntil = 0;
    uint64_t allocations = 0;
    uint64_t launches = 0;
    std::map<Address, Allocation> memory;
    std::set<Stream *> streams;
    std::set<Event *> events;
    Stream defaultStream;
};
Driver &driver() {
    static auto *const one = new Driver(); /* never destroyed: threads may still run while the process ends */
    return *one;
}

/* One context, the primary one of device 0 or another: it is the address of this. */
char contextToken;
/* On the heap: no code of the system runs when a thread begins or ends. */
thread_local std::vector<void *> *threadContexts = nullptr;
std::vector<void *> &contextsOfThread() {
    if (threadContexts == nullptr) {
        threadContexts = new std::vector<void *>();
    }
    return *threadContexts;
}
#define currentContexts contextsOfThread()
void *currentContext() { return currentContexts.empty() ? nullptr : currentContexts.back(); }

int ready() {
    if (!driver().initialized) {
        return notInitialized;
    }
    if (driver().lost != success) {
        return driver().lost;
    }
    return currentContext() == nullptr ? invalidContext : success;
}

char *bytesAt(Address address, uint64_t size) {
    const std::lock_guard<std::mutex> lock(driver().mutex);
    auto found = driver().memory.upper_bound(address);
    if (found == driver().memory.begin()) {
        return nullptr;
    }
    --found;
    const uint64_t offset = address - found->first;
    const Allocation &allocation = found->second;
    return offset <= allocation.size && size <= allocation.size - offset ? allocation.bytes + offset : nullptr;
}

/* As 512 bytes are the least that a GPU gives. */
uint64_t granular(uint64_t size) { return (size + 511) / 512 * 512; }

int takeMemory(Address *address, uint64_t size) {
    if (address == nullptr || size == 0) {
        return invalidValue;
    }
    Gpu gpu;
    if (!gpuOf(0, gpu)) {
        return noDevice;
    }
    uint64_t number = 0;
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        number = ++driver().allocations;
    }
    const auto oomAlloc = static_cast<uint64_t>(fault("oom_alloc"));
    const auto oomAbove = static_cast<uint64_t>(fault("oom_above"));
    if (number == oomAlloc || (oomAbove != 0 && size > oomAbove) || granular(size) > freeBytes(gpu)) {
        return outOfMemory;
    }
    void *bytes = takePages(size, false);
    void *forbidden = takePages(size, true);
    if (bytes == nullptr || forbidden == nullptr) {
        return outOfMemory;
    }
    ownUse().bytes += granular(size);
    const std::lock_guard<std::mutex> lock(driver().mutex);
    *address = reinterpret_cast<Address>(forbidden);
    driver().memory[*address] = {size, static_cast<char *>(bytes), true};
    return success;
}

int giveMemory(Address address, bool onDevice) {
    Allocation allocation;
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        const auto found = driver().memory.find(address);
        if (found == driver().memory.end() || found->second.onDevice != onDevice) {
            return invalidValue;
        }
        allocation = found->second;
        driver().memory.erase(found);
    }
    givePages(allocation.bytes, allocation.size);
    if (onDevice) {
        givePages(reinterpret_cast<void *>(address), allocation.size);
        ownUse().bytes -= granular(allocation.size);
    }
    return success;
}

/* ---- streams ---- */

Stream *streamOf(void *handle) {
    if (handle == nullptr || handle == reinterpret_cast<void *>(1) || handle == reinterpret_cast<void *>(2)) {
        return &driver().defaultStream;
    }
    const std::lock_guard<std::mutex> lock(driver().mutex);
    auto *stream = static_cast<Stream *>(handle);
    return driver().streams.count(stream) != 0 ? stream : nullptr;
}

Event *eventOf(void *handle) {
    const std::lock_guard<std::mutex> lock(driver().mutex);
    auto *event = static_cast<Event *>(handle);
    return driver().events.count(event) != 0 ? event : nullptr;
}

/* exclusive: it needs the GPU's units and waits for what other streams have on them; a copy does not. */
void put(Stream &stream, int64_t duration, bool exclusive, std::function<void(bool)> work) {
    const std::lock_guard<std::mutex> lock(driver().mutex);
    int64_t start = std::max(now(), stream.busyUntil);
    if (exclusive) {
        start = std::max(start, driver().busyUntil);
    }
    stream.busyUntil = duration == INT64_MAX ? INT64_MAX : start + duration;
    if (exclusive) {
        driver().busyUntil = stream.busyUntil;
    }
    stream.waiting.push_back({++stream.launched, std::move(work)});
}

/* Does what waits on the stream, up to that operation. */
void drain(Stream &stream, uint64_t number) {
    const std::lock_guard<std::recursive_mutex> running(driver().running);
    for (;;) {
        Operation operation{};
        {
            const std::lock_guard<std::mutex> lock(driver().mutex);
            if (stream.waiting.empty() || stream.waiting.front().number > number) {
                return;
            }
            operation = std::move(stream.waiting.front());
            stream.waiting.pop_front();
        }
        if (operation.work) {
            operation.work(driver().lost == success);
        }
        const std::lock_guard<std::mutex> lock(driver().mutex);
        stream.done = operation.number;
    }
}

int synchronize(Stream &stream) {
    uint64_t number = 0;
    int64_t moment = 0;
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        number = stream.launched;
        moment = stream.busyUntil;
    }
    drain(stream, number);
    if (driver().lost == success) {
        waitUntil(moment);
    }
    return driver().lost;
}

int synchronizeAll() {
    std::vector<Stream *> streams{&driver().defaultStream};
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        streams.insert(streams.end(), driver().streams.begin(), driver().streams.end());
    }
    for (Stream *stream : streams) {
        synchronize(*stream);
    }
    return driver().lost;
}

/* 16 GB/s, as over PCI Express 4.0. */
int64_t copyTime(uint64_t size) { return static_cast<int64_t>(size / 16); }

/*
 * What lies on the GPU is looked up when the copy happens. Pinned memory is used as it is; other host memory as CUDA does
 * it: it is read before the call returns, and written before it returns too.
 */
int copy(void *handle, Address to, Address from, uint64_t size, bool toDevice, bool fromDevice) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(handle);
    if (stream == nullptr) {
        return invalidHandle;
    }
    if ((toDevice && bytesAt(to, size) == nullptr) || (fromDevice && bytesAt(from, size) == nullptr)) {
        return invalidValue;
    }
    std::shared_ptr<std::string> staged;
    if (!fromDevice && bytesAt(from, size) == nullptr) {
        staged = std::make_shared<std::string>(reinterpret_cast<const char *>(from), size);
    }
    put(*stream, copyTime(size), false, [=](bool alive) {
        if (!alive) {
            return;
        }
        char *target = toDevice ? bytesAt(to, size) : reinterpret_cast<char *>(to);
        const char *source = staged       ? staged->data()
                             : fromDevice ? bytesAt(from, size)
                                          : reinterpret_cast<const char *>(from);
        if (target == nullptr || source == nullptr) {
            driver().lost = illegalAddress;
            return;
        }
        std::memcpy(target, source, size);
    });
    return !toDevice && bytesAt(to, size) == nullptr ? synchronize(*stream) : int{success};
}

int copyNow(Address to, Address from, uint64_t size, bool toDevice, bool fromDevice) {
    const int state = copy(nullptr, to, from, size, toDevice, fromDevice);
    return state != success ? state : synchronizeAll();
}

bool isDevice(Address address) {
    const std::lock_guard<std::mutex> lock(driver().mutex);
    auto found = driver().memory.upper_bound(address);
    if (found == driver().memory.begin()) {
        return false;
    }
    --found;
    return found->second.onDevice && address - found->first < found->second.size;
}

int fill(void *handle, Address to, unsigned int value, uint64_t width, uint64_t count) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(handle);
    if (stream == nullptr) {
        return invalidHandle;
    }
    if (bytesAt(to, width * count) == nullptr) {
        return invalidValue;
    }
    put(*stream, copyTime(width * count) / 8, false, [=](bool alive) {
        char *target = alive ? bytesAt(to, width * count) : nullptr;
        for (uint64_t i = 0; target != nullptr && i < count; ++i) {
            std::memcpy(target + i * width, &value, width);
        }
    });
    return success;
}

struct Named {
    int code;
    const char *name;
    const char *text;
};
constexpr Named results[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {notInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {noDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {invalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {invalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {notFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {notReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {launchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Named *named(int code) {
    for (const Named &entry : results) {
        if (entry.code == code) {
            return &entry;
        }
    }
    return nullptr;
}

} // namespace

/* ---- private to the stand-ins ---- */

EXPORT int standInCudaLaunch(void *handle, int64_t duration, void (*work)(void *, int), void *data) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(handle);
    if (stream == nullptr) {
        return invalidHandle;
    }
    uint64_t number = 0;
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        number = ++driver().launches;
    }
    const auto every = static_cast<uint64_t>(fault("slow_every"));
    if (every != 0 && number % every == 0) {
        duration += fault("slow_ms") * 1000000;
    }
    if (number == static_cast<uint64_t>(fault("hang_launch"))) {
        duration = INT64_MAX;
    }
    const bool loses = number == static_cast<uint64_t>(fault("lost_launch"));
    put(*stream, duration, true, [=](bool alive) {
        if (loses && alive) {
            driver().lost = fault("lost_code") != 0 ? static_cast<int>(fault("lost_code")) : int{launchFailed};
        }
        work(data, alive && !loses ? 1 : 0);
    });
    return success;
}
EXPORT void *standInCudaMemory(uint64_t address, uint64_t size) { return bytesAt(address, size); }
EXPORT int64_t standInCudaFault(const char *name) { return fault(name); }

/* ---- start, devices ---- */

EXPORT int cuInit(unsigned int) {
    const auto machine = machineNow();
    if (machine->init != success) {
        return machine->init;
    }
    if (visibleGpus(*machine).empty()) {
        return noDevice;
    }
    driver().initialized = true;
    return success;
}
EXPORT int cuDriverGetVersion(int *version) {
    *version = machineNow()->cuda;
    return success;
}
EXPORT int cuDeviceGetCount(int *count) {
    *count = static_cast<int>(visibleGpus(*machineNow()).size());
    return driver().initialized ? success : notInitialized;
}
EXPORT int cuDeviceGet(Device *device, int index) {
    Gpu gpu;
    if (!driver().initialized) {
        return notInitialized;
    }
    *device = index;
    return gpuOf(index, gpu) ? success : invalidDevice;
}
EXPORT int cuDeviceGetName(char *name, int size, Device device) {
    Gpu gpu;
    if (!gpuOf(device, gpu)) {
        return invalidDevice;
    }
    std::snprintf(name, static_cast<size_t>(size), "%s", gpu.name.c_str());
    return success;
}
EXPORT int cuDeviceGetUuid_v2(unsigned char *uuid, Device device) {
    Gpu gpu;
    if (!gpuOf(device, gpu)) {
        return invalidDevice;
    }
    std::memset(uuid, 0, 16);
    size_t digits = 0;
    for (size_t i = gpu.uuid.find('-'); i < gpu.uuid.size() && digits < 32; ++i) {
        const char *const alphabet = "0123456789abcdef";
        const char *found = std::strchr(alphabet, gpu.uuid[i]);
        if (found != nullptr && *found != '\0') {
            uuid[digits / 2] = static_cast<unsigned char>(uuid[digits / 2] << 4 | (found - alphabet));
            ++digits;
        }
    }
    return success;
}
EXPORT int cuDeviceGetUuid(unsigned char *uuid, Device device) { return cuDeviceGetUuid_v2(uuid, device); }
EXPORT int cuDeviceTotalMem_v2(size_t *total, Device device) {
    Gpu gpu;
    if (!gpuOf(device, gpu)) {
        return invalidDevice;
    }
    *total = gpu.total;
    return success;
}
EXPORT int cuDeviceGetAttribute(int *value, int attribute, Device device) {
    Gpu gpu;
    if (!gpuOf(device, gpu)) {
        return invalidDevice;
    }
    constexpr int multiprocessors = 16;
    constexpr int major = 75;
    constexpr int minor = 76;
    constexpr int unifiedAddressing = 41;
    constexpr int memoryPools = 115;
    switch (attribute) {
    case major:
        *value = gpu.major;
        return success;
    case minor:
        *value = gpu.minor;
        return success;
    case multiprocessors:
        *value = 24;
        return success;
    case unifiedAddressing:
        *value = 1;
        return success;
    case memoryPools:
    default:
        *value = 0;
        return success;
    }
}

/* ---- contexts ---- */

namespace {
int openContext(void **context, Device device) {
    Gpu gpu;
    if (!driver().initialized) {
        return notInitialized;
    }
    if (!gpuOf(device, gpu)) {
        return invalidDevice;
    }
    if (fault("context_create") != 0) {
        return static_cast<int>(fault("context_create"));
    }
    const uint64_t bytes = machineNow()->contextBytes;
    if (driver().contexts == 0 && bytes > freeBytes(gpu)) {
        return outOfMemory;
    }
    const std::lock_guard<std::mutex> lock(driver().mutex);
    if (driver().contexts++ == 0) {
        ownUse().bytes += bytes;
    }
    *context = &contextToken;
    return success;
}

/* Everything in it goes with it, and what was broken is whole again in the next one. */
int closeContext() {
    std::vector<std::pair<Address, bool>> left;
    std::vector<std::deque<Operation>> unfinished;
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        if (driver().contexts == 0) {
            return invalidContext;
        }
        if (--driver().contexts > 0) {
            return success;
        }
        for (const auto &[address, allocation] : driver().memory) {
            left.emplace_back(address, allocation.onDevice);
        }
    }
    for (const auto &[address, onDevice] : left) {
        giveMemory(address, onDevice);
    }
    std::unique_lock<std::mutex> lock(driver().mutex);
    for (Stream *stream : driver().streams) {
        unfinished.push_back(std::move(stream->waiting));
        delete stream;
    }
    unfinished.push_back(std::move(driver().defaultStream.waiting));
    for (Event *event : driver().events) {
        delete event;
    }
    driver().streams.clear();
    driver().events.clear();
    driver().defaultStream = Stream();
    driver().lost = success;
    driver().busyUntil = 0;
    ownUse().bytes = 0;
    lock.unlock();
    for (const auto &operations : unfinished) {
        for (const Operation &operation : operations) {
            if (operation.work) {
                operation.work(false);
            }
        }
    }
    return success;
}
} // namespace

EXPORT int cuDevicePrimaryCtxRetain(void **context, Device device) { return openContext(context, device); }
EXPORT int cuDevicePrimaryCtxRelease_v2(Device) { return closeContext(); }
EXPORT int cuDevicePrimaryCtxRelease(Device) { return closeContext(); }
EXPORT int cuDevicePrimaryCtxSetFlags_v2(Device, unsigned int) { return success; }
EXPORT int cuDevicePrimaryCtxSetFlags(Device, unsigned int) { return success; }
EXPORT int cuDevicePrimaryCtxReset_v2(Device) {
    driver().contexts = std::min(driver().contexts, 1);
    return driver().contexts == 0 ? int{success} : closeContext();
}
EXPORT int cuDevicePrimaryCtxReset(Device device) { return cuDevicePrimaryCtxReset_v2(device); }
EXPORT int cuDevicePrimaryCtxGetState(Device, unsigned int *flags, int *active) {
    *flags = 0;
    *active = driver().contexts > 0 ? 1 : 0;
    return success;
}
EXPORT int cuCtxCreate_v2(void **context, unsigned int, Device device) {
    const int state = openContext(context, device);
    if (state == success) {
        currentContexts.push_back(*context);
    }
    return state;
}
EXPORT int cuCtxDestroy_v2(void *) {
    currentContexts.clear();
    return closeContext();
}
EXPORT int cuCtxSetCurrent(void *context) {
    if (context != nullptr && context != &contextToken) {
        return invalidContext;
    }
    if (!currentContexts.empty()) {
        currentContexts.pop_back();
    }
    if (context != nullptr) {
        currentContexts.push_back(context);
    }
    return success;
}
EXPORT int cuCtxGetCurrent(void **context) {
    *context = currentContext();
    return driver().initialized ? success : notInitialized;
}
EXPORT int cuCtxPushCurrent_v2(void *context) {
    if (context != &contextToken) {
        return invalidContext;
    }
    currentContexts.push_back(context);
    return success;
}
EXPORT int cuCtxPushCurrent(void *context) { return cuCtxPushCurrent_v2(context); }
EXPORT int cuCtxPopCurrent_v2(void **context) {
    if (currentContexts.empty()) {
        return invalidContext;
    }
    if (context != nullptr) {
        *context = currentContexts.back();
    }
    currentContexts.pop_back();
    return success;
}
EXPORT int cuCtxPopCurrent(void **context) { return cuCtxPopCurrent_v2(context); }
EXPORT int cuCtxGetDevice(Device *device) {
    *device = 0;
    return currentContext() == nullptr ? invalidContext : success;
}
EXPORT int cuCtxSynchronize(void) {
    const int state = ready();
    return state != success ? state : synchronizeAll();
}

/* ---- memory ---- */

EXPORT int cuMemAlloc_v2(Address *address, size_t size) {
    const int state = ready();
    return state != success ? state : takeMemory(address, size);
}
EXPORT int cuMemFree_v2(Address address) {
    if (address == 0) {
        return success;
    }
    const int state = ready();
    if (state != success) {
        return state;
    }
    synchronizeAll();
    return driver().lost != success ? driver().lost.load() : giveMemory(address, true);
}
EXPORT int cuMemAllocAsync(Address *address, size_t size, void *) { return cuMemAlloc_v2(address, size); }
EXPORT int cuMemFreeAsync(Address address, void *stream) {
    Stream *on = streamOf(stream);
    const int state = on == nullptr ? int{invalidHandle} : ready();
    if (state != success) {
        return state;
    }
    put(*on, 0, false, [=](bool alive) { alive ? giveMemory(address, true) : 0; });
    return success;
}
EXPORT int cuMemHostAlloc(void **memory, size_t size, unsigned int) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    if (fault("oom_host") != 0) {
        return outOfMemory;
    }
    void *bytes = size == 0 ? nullptr : takePages(size, false);
    if (bytes == nullptr) {
        return size == 0 ? invalidValue : outOfMemory;
    }
    const std::lock_guard<std::mutex> lock(driver().mutex);
    driver().memory[reinterpret_cast<Address>(bytes)] = {size, static_cast<char *>(bytes), false};
    *memory = bytes;
    return success;
}
EXPORT int cuMemAllocHost_v2(void **memory, size_t size) { return cuMemHostAlloc(memory, size, 0); }
EXPORT int cuMemFreeHost(void *memory) { return giveMemory(reinterpret_cast<Address>(memory), false); }
EXPORT int cuMemGetInfo_v2(size_t *free, size_t *total) {
    const int state = ready();
    Gpu gpu;
    if (state != success) {
        return state;
    }
    if (!gpuOf(0, gpu)) {
        return invalidDevice;
    }
    *free = freeBytes(gpu);
    *total = gpu.total;
    return success;
}

EXPORT int cuPointerGetAttribute(void *value, int attribute, Address address) {
    constexpr int context = 1;
    constexpr int memoryType = 2;
    constexpr int devicePointer = 3;
    constexpr int hostPointer = 4;
    constexpr int managed = 8;
    constexpr int ordinal = 9;
    const bool device = isDevice(address);
    if (!device && bytesAt(address, 1) == nullptr) {
        return invalidValue; /* memory that CUDA does not know */
    }
    switch (attribute) {
    case context:
        *static_cast<void **>(value) = &contextToken;
        return success;
    case memoryType:
        *static_cast<unsigned int *>(value) = device ? 2 : 1;
        return success;
    case devicePointer:
        *static_cast<Address *>(value) = address;
        return success;
    case hostPointer:
        *static_cast<Address *>(value) = device ? 0 : address;
        return device ? invalidValue : success;
    case managed:
        *static_cast<unsigned int *>(value) = 0;
        return success;
    case ordinal:
        *static_cast<int *>(value) = 0;
        return success;
    default:
        return invalidValue;
    }
}
/* Unlike the one above, it gives zeros for memory that CUDA does not know. */
EXPORT int cuPointerGetAttributes(unsigned int count, const int *attributes, void **values, Address address) {
    for (unsigned int i = 0; i < count; ++i) {
        if (cuPointerGetAttribute(values[i], attributes[i], address) != success) {
            std::memset(values[i], 0, attributes[i] == 2 || attributes[i] >= 8 ? 4 : 8);
        }
    }
    return success;
}

/* ---- copies ---- */

EXPORT int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t size, void *stream) {
    return copy(stream, to, reinterpret_cast<Address>(from), size, true, false);
}
EXPORT int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t size, void *stream) {
    return copy(stream, reinterpret_cast<Address>(to), from, size, false, true);
}
EXPORT int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t size, void *stream) {
    return copy(stream, to, from, size, true, true);
}
EXPORT int cuMemcpyAsync(Address to, Address from, size_t size, void *stream) {
    return copy(stream, to, from, size, isDevice(to), isDevice(from));
}
EXPORT int cuMemcpyHtoD_v2(Address to, const void *from, size_t size) {
    return copyNow(to, reinterpret_cast<Address>(from), size, true, false);
}
EXPORT int cuMemcpyDtoH_v2(void *to, Address from, size_t size) {
    return copyNow(reinterpret_cast<Address>(to), from, size, false, true);
}
EXPORT int cuMemcpyDtoD_v2(Address to, Address from, size_t size) { return copyNow(to, from, size, true, true); }
EXPORT int cuMemcpy(Address to, Address from, size_t size) {
    return copyNow(to, from, size, isDevice(to), isDevice(from));
}
EXPORT int cuMemsetD8Async(Address to, unsigned char value, size_t count, void *stream) {
    return fill(stream, to, value, 1, count);
}
EXPORT int cuMemsetD32Async(Address to, unsigned int value, size_t count, void *stream) {
    return fill(stream, to, value, 4, count);
}
EXPORT int cuMemsetD8_v2(Address to, unsigned char value, size_t count) {
    const int state = fill(nullptr, to, value, 1, count);
    return state != success ? state : synchronizeAll();
}
EXPORT int cuMemsetD32_v2(Address to, unsigned int value, size_t count) {
    const int state = fill(nullptr, to, value, 4, count);
    return state != success ? state : synchronizeAll();
}

/* ---- streams and events ---- */

EXPORT int cuStreamCreate(void **stream, unsigned int) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    auto *made = new Stream();
    const std::lock_guard<std::mutex> lock(driver().mutex);
    driver().streams.insert(made);
    *stream = made;
    return success;
}
EXPORT int cuStreamCreateWithPriority(void **stream, unsigned int flags, int) { return cuStreamCreate(stream, flags); }
EXPORT int cuStreamDestroy_v2(void *handle) {
    Stream *stream = streamOf(handle);
    if (stream == nullptr || stream == &driver().defaultStream) {
        return invalidHandle;
    }
    drain(*stream, UINT64_MAX);
    const std::lock_guard<std::mutex> lock(driver().mutex);
    driver().streams.erase(stream);
    for (Event *event : driver().events) {
        event->stream = event->stream == stream ? nullptr : event->stream;
    }
    delete stream;
    return driver().lost;
}
EXPORT int cuStreamSynchronize(void *handle) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(handle);
    return stream == nullptr ? int{invalidHandle} : synchronize(*stream);
}
EXPORT int cuStreamQuery(void *handle) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(handle);
    if (stream == nullptr) {
        return invalidHandle;
    }
    int64_t moment = 0;
    {
        const std::lock_guard<std::mutex> lock(driver().mutex);
        moment = stream->busyUntil;
    }
    return now() < moment ? int{notReady} : synchronize(*stream);
}
EXPORT int cuStreamGetCtx(void *, void **context) {
    *context = &contextToken;
    return success;
}
EXPORT int cuStreamIsCapturing(void *, int *status) {
    *status = 0;
    return success;
}
EXPORT int cuLaunchHostFunc(void *handle, void (*work)(void *), void *data) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(handle);
    if (stream == nullptr) {
        return invalidHandle;
    }
    put(*stream, 0, false, [=](bool) { work(data); });
    return success;
}

EXPORT int cuEventCreate(void **event, unsigned int flags) {
    constexpr unsigned int withoutTiming = 2;
    const int state = ready();
    if (state != success) {
        return state;
    }
    auto *made = new Event();
    made->timed = (flags & withoutTiming) == 0;
    const std::lock_guard<std::mutex> lock(driver().mutex);
    driver().events.insert(made);
    *event = made;
    return success;
}
EXPORT int cuEventDestroy_v2(void *handle) {
    Event *event = eventOf(handle);
    if (event == nullptr) {
        return invalidHandle;
    }
    const std::lock_guard<std::mutex> lock(driver().mutex);
    driver().events.erase(event);
    delete event;
    return success;
}
EXPORT int cuEventRecord(void *handle, void *streamHandle) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Event *event = eventOf(handle);
    Stream *stream = streamOf(streamHandle);
    if (event == nullptr || stream == nullptr) {
        return invalidHandle;
    }
    put(*stream, 0, false, nullptr);
    const std::lock_guard<std::mutex> lock(driver().mutex);
    event->recorded = true;
    event->stream = stream;
    event->number = stream->launched;
    event->moment = stream->busyUntil;
    return success;
}
EXPORT int cuEventRecordWithFlags(void *event, void *stream, unsigned int) { return cuEventRecord(event, stream); }
EXPORT int cuEventSynchronize(void *handle) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Event *event = eventOf(handle);
    if (event == nullptr) {
        return invalidHandle;
    }
    if (event->recorded && event->stream != nullptr) {
        drain(*event->stream, event->number);
        if (driver().lost == success) {
            waitUntil(event->moment);
        }
    }
    return driver().lost;
}
EXPORT int cuEventQuery(void *handle) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Event *event = eventOf(handle);
    if (event == nullptr) {
        return invalidHandle;
    }
    return now() < event->moment ? int{notReady} : cuEventSynchronize(handle);
}
EXPORT int cuEventElapsedTime(float *milliseconds, void *startHandle, void *endHandle) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    const Event *start = eventOf(startHandle);
    const Event *end = eventOf(endHandle);
    if (start == nullptr || end == nullptr || !start->timed || !end->timed || !start->recorded || !end->recorded) {
        return invalidHandle;
    }
    if (now() < end->moment || now() < start->moment) {
        return notReady;
    }
    *milliseconds = static_cast<float>(static_cast<double>(end->moment - start->moment) / 1e6);
    return success;
}
EXPORT int cuEventElapsedTime_v2(float *milliseconds, void *start, void *end) {
    return cuEventElapsedTime(milliseconds, start, end);
}
EXPORT int cuStreamWaitEvent(void *streamHandle, void *eventHandle, unsigned int) {
    const int state = ready();
    if (state != success) {
        return state;
    }
    Stream *stream = streamOf(streamHandle);
    Event *event = eventOf(eventHandle);
    if (stream == nullptr || event == nullptr) {
        return invalidHandle;
    }
    if (!event->recorded || event->stream == nullptr) {
        return success;
    }
    Stream *other = event->stream;
    const uint64_t number = event->number;
    put(*stream, 0, false, [=](bool alive) { alive ? drain(*other, number) : void(); });
    const std::lock_guard<std::mutex> lock(driver().mutex);
    stream->busyUntil = std::max(stream->busyUntil, event->moment);
    return success;
}

/* ---- the rest ---- */

EXPORT int cuGetErrorName(int code, const char **name) {
    const Named *entry = named(code);
    *name = entry == nullptr ? nullptr : entry->name;
    return entry == nullptr ? invalidValue : success;
}
EXPORT int cuGetErrorString(int code, const char **text) {
    const Named *entry = named(code);
    *text = entry == nullptr ? nullptr : entry->text;
    return entry == nullptr ? invalidValue : success;
}

/* The names that cuda.h used before it renamed functions. The oldest ones took 32-bit addresses on 32-bit systems only. */
EXPORT int cuDeviceTotalMem(size_t *total, Device device) { return cuDeviceTotalMem_v2(total, device); }
EXPORT int cuMemAlloc(Address *address, size_t size) { return cuMemAlloc_v2(address, size); }
EXPORT int cuMemFree(Address address) { return cuMemFree_v2(address); }
EXPORT int cuMemAllocHost(void **memory, size_t size) { return cuMemAllocHost_v2(memory, size); }
EXPORT int cuMemGetInfo(size_t *free, size_t *total) { return cuMemGetInfo_v2(free, total); }
EXPORT int cuMemcpyHtoD(Address to, const void *from, size_t size) { return cuMemcpyHtoD_v2(to, from, size); }
EXPORT int cuMemcpyDtoH(void *to, Address from, size_t size) { return cuMemcpyDtoH_v2(to, from, size); }
EXPORT int cuMemcpyHtoDAsync(Address to, const void *from, size_t size, void *stream) {
    return cuMemcpyHtoDAsync_v2(to, from, size, stream);
}
EXPORT int cuMemcpyDtoHAsync(void *to, Address from, size_t size, void *stream) {
    return cuMemcpyDtoHAsync_v2(to, from, size, stream);
}
EXPORT int cuMemsetD8(Address to, unsigned char value, size_t count) { return cuMemsetD8_v2(to, value, count); }
EXPORT int cuStreamDestroy(void *stream) { return cuStreamDestroy_v2(stream); }
EXPORT int cuEventDestroy(void *event) { return cuEventDestroy_v2(event); }
