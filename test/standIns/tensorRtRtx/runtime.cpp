/* IRuntime, and what the library exports. */
#include "../system.h"
#include "standIn.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

namespace standIn {

using namespace nvinfer1;

namespace {

/* As the real library, which keeps the logger of the first runtime for good. */
std::atomic<ILogger *> theLogger{nullptr};

constexpr int64_t headerSize = 64;
constexpr int64_t cudaRuntime = 13040;

enum Diagnostics : uint64_t {
    versionMismatch = 1,
    unsupportedCc = 2,
    oldCudaDriver = 4,
    oldCudaRuntime = 8,
    insufficientGpuMemory = 16,
    malformedEngine = 32,
};

/* Compute capabilities by the bits of the header's mask, 1.5 and newer; the last one: newer by PTX. */
constexpr int listed[] = {75, 80, 86, 89, 120, 121};
constexpr uint32_t newerBit = 1u << 6;

class MemoryReader final : public IStreamReaderV2 {
public:
    MemoryReader(const void *bytes, size_t size)
        : mBytes(static_cast<const char *>(bytes)), mSize(static_cast<int64_t>(size)) {}
    int64_t read(void *to, int64_t size, cudaStream_t) noexcept override {
        const int64_t count = std::min(size, mSize - mAt);
        if (count <= 0) {
            return count == 0 ? 0 : -1;
        }
        void *place = driver().memory(reinterpret_cast<uint64_t>(to), static_cast<uint64_t>(count));
        std::memcpy(place == nullptr ? to : place, mBytes + mAt, static_cast<size_t>(count));
        mAt += count;
        return count;
    }
    bool seek(int64_t offset, SeekPosition where) noexcept override {
        const int64_t to = offset + (where == SeekPosition::kSET ? 0 : where == SeekPosition::kCUR ? mAt : mSize);
        mAt = to >= 0 && to <= mSize ? to : mAt;
        return to >= 0 && to <= mSize;
    }

private:
    const char *mBytes;
    int64_t mSize;
    int64_t mAt = 0;
};

template <typename T> T valueAt(const void *bytes, size_t offset) {
    T value{};
    std::memcpy(&value, static_cast<const char *>(bytes) + offset, sizeof(value));
    return value;
}

class Runtime final : public IRuntime, public apiv::VRuntime {
public:
    Runtime() { mImpl = this; }
    ~Runtime() noexcept override {
        if (*mEngines != 0) {
            apiError("IRuntime::~IRuntime", "destroyed before its engines");
        }
    }
    IRuntime *getPImpl() noexcept override { return this; }

    ICudaEngine *deserializeCudaEngine(const void *blob, std::size_t size) noexcept override {
        std::string why;
        if (driver(why) == nullptr) {
            say(Severity::kERROR, "IRuntime::deserializeCudaEngine: Error Code 6: API Usage Error (" + why + ")");
            return nullptr;
        }
        MemoryReader reader(blob, size);
        return deserialize(reader, true);
    }
    ICudaEngine *deserializeCudaEngineV2(IStreamReaderV2 &reader) noexcept override { return deserialize(reader, false); }

    /* What a future version might do otherwise, by STAND_IN_FUTURE: another size, zeros taken for an engine, or an end. */
    int64_t getEngineHeaderSize() const noexcept override {
        if (isFuture("crash")) {
            std::abort();
        }
        return isFuture("size") ? 2 * headerSize : headerSize;
    }

    EngineValidity getEngineValidity(const void *blob, int64_t size, uint64_t *diagnostics) const noexcept override {
        uint64_t bits = 0;
        const EngineValidity answer = judge(blob, size, bits);
        if (diagnostics != nullptr) {
            *diagnostics = bits;
        }
        return answer;
    }

    ILogger *getLogger() const noexcept override { return theLogger; }
    void setDLACore(int32_t) noexcept override {}
    int32_t getDLACore() const noexcept override { return -1; }
    int32_t getNbDLACores() const noexcept override { return 0; }
    bool setDLAWorkspaceAllocationStrategy(DLAWorkspaceAllocationStrategy) noexcept override { return false; }
    DLAWorkspaceAllocationStrategy getDLAWorkspaceAllocationStrategy() const noexcept override {
        return DLAWorkspaceAllocationStrategy{};
    }
    void setGpuAllocator(IGpuAllocator *) noexcept override {}
    void setErrorRecorder(IErrorRecorder *recorder) noexcept override { mRecorder = recorder; }
    IErrorRecorder *getErrorRecorder() const noexcept override { return mRecorder; }
    bool setMaxThreads(int32_t threads) noexcept override {
        mThreads = threads;
        return threads > 0;
    }
    int32_t getMaxThreads() const noexcept override { return mThreads; }
    void setTemporaryDirectory(const char *folder) noexcept override { mFolder = folder == nullptr ? "" : folder; }
    const char *getTemporaryDirectory() const noexcept override { return mFolder.c_str(); }
    void setTempfileControlFlags(TempfileControlFlags flags) noexcept override { mFlags = flags; }
    TempfileControlFlags getTempfileControlFlags() const noexcept override { return mFlags; }
    IPluginRegistry &getPluginRegistry() noexcept override {
        say(Severity::kINTERNAL_ERROR, "there is no plugin registry here");
        std::abort();
    }
    void setPluginRegistryParent(IPluginRegistry *) noexcept override {}
    IRuntime *loadRuntime(const char *) noexcept override { return nullptr; }
    void setEngineHostCodeAllowed(bool allowed) noexcept override { mHostCode = allowed; }
    bool getEngineHostCodeAllowed() const noexcept override { return mHostCode; }
    void setDeferredWeightsLoading(bool deferred) noexcept override { mDeferred = deferred; }
    bool getDeferredWeightsLoading() const noexcept override { return mDeferred; }

private:
    ICudaEngine *deserialize(IStreamReaderV2 &reader, bool fromMemory) {
        const std::string where = "IRuntime::deserializeCudaEngine: ";
        std::string why;
        if (driver(why) == nullptr) {
            say(Severity::kERROR, where + "Error Code 6: API Usage Error (" + why + ")");
            return nullptr;
        }
        sufferFaults("deserialize");
        const auto refused = static_cast<int>(driver().fault("deserialize"));
        const int status = refused != 0 ? refused : ensureContext();
        if (status != 0) {
            say(Severity::kERROR, where + "Error Code 1: Cuda Runtime (" + cudaText(status) + ")");
            return nullptr;
        }
        auto weights = std::make_unique<DeviceMemory>();
        const std::shared_ptr<Plan> plan = readPlan(reader, *weights, mDeferred, why);
        if (!plan || plan->profiles.empty()) {
            say(Severity::kERROR, where + "Error Code 1: Serialization (" + (plan ? "it has no profile" : why) + ")");
            return nullptr;
        }
        if (fromMemory && plan->streaming) {
            say(Severity::kWARNING, "Weight streaming with a buffer of the user's will increase peak CPU memory usage by "
                                    "1X weights size. Please use IRuntime::deserializeCudaEngine(IStreamReaderV2&)");
        }
        say(Severity::kINFO, "Loaded engine size: " + std::to_string(plan->weightBytes >> 20) + " MiB");
        return makeEngine(plan, std::move(weights), mEngines);
    }

    static bool isFuture(const char *what) {
        const char *asked = std::getenv("STAND_IN_FUTURE");
        return asked != nullptr && std::strcmp(asked, what) == 0;
    }

    static EngineValidity judge(const void *blob, int64_t size, uint64_t &bits) {
        if (isFuture("zeros")) {
            return EngineValidity::kVALID;
        }
        if (blob == nullptr || size < headerSize || std::memcmp(blob, "vtrt", 4) != 0) {
            bits = malformedEngine;
            say(Severity::kINFO, "Engine is malformed.");
            return EngineValidity::kINVALID;
        }
        std::string why;
        const Driver *cuda = driver(why);
        int device = 0;
        int major = 0;
        int minor = 0;
        int version = 0;
        size_t memory = 0;
        int status = cuda == nullptr ? 0 : cuda->init(0);
        if (cuda != nullptr && status == 0) {
            cuda->driverGetVersion(&version);
            cuda->deviceGet(&device, 0);
            cuda->deviceGetAttribute(&major, 75, device);
            cuda->deviceGetAttribute(&minor, 76, device);
            cuda->deviceTotalMem(&memory, device);
        }
        if (cuda == nullptr || status != 0) {
            say(Severity::kINTERNAL_ERROR,
                "Error reading CUDA GPU properties: " +
                    (cuda == nullptr ? why : "(cudaError " + std::to_string(status) + ": " + cudaText(status) + ")"));
            return EngineValidity::kINVALID;
        }
        const auto reason = [&](uint64_t bit, const std::string &sentence) {
            bits |= bit;
            say(Severity::kINFO, sentence);
        };
        const auto *bytes = static_cast<const unsigned char *>(blob);
        if (bytes[24] != versionMajor || bytes[25] != versionMinor || bytes[26] != versionPatch) {
            reason(versionMismatch, "Engine was built with TensorRT-RTX " + std::to_string(bytes[24]) + "." +
                                        std::to_string(bytes[25]) + "." + std::to_string(bytes[26]) + ", this is 1.7.0.");
        }
        const auto mask = valueAt<uint32_t>(blob, 32);
        const int capability = major * 10 + minor;
        bool admitted = false;
        for (size_t i = 0; i < std::size(listed); ++i) {
            admitted = admitted || (listed[i] == capability && (mask >> i & 1u) != 0);
        }
        const bool onlyNewer = !admitted && capability > listed[5] && (mask & newerBit) != 0;
        if (!admitted && !onlyNewer) {
            reason(unsupportedCc, "Engine was not built for compute capability " + std::to_string(major) + "." +
                                      std::to_string(minor) + ".");
        }
        if (valueAt<int64_t>(blob, 40) > version) {
            reason(oldCudaDriver, "Engine was built with a newer CUDA driver.");
        }
        if (valueAt<int64_t>(blob, 48) > cudaRuntime) {
            reason(oldCudaRuntime, "Engine was built with a newer CUDA runtime.");
        }
        if (valueAt<int64_t>(blob, 56) > static_cast<int64_t>(memory)) {
            reason(insufficientGpuMemory, "The weights of the engine do not fit into the GPU's memory.");
        }
        return bits != 0 ? EngineValidity::kINVALID : onlyNewer ? EngineValidity::kSUBOPTIMAL : EngineValidity::kVALID;
    }

    const std::shared_ptr<int> mEngines = std::make_shared<int>(0);
    IErrorRecorder *mRecorder = nullptr;
    std::string mFolder;
    TempfileControlFlags mFlags = 0;
    int32_t mThreads = 1;
    bool mHostCode = false;
    bool mDeferred = false;
};

} // namespace

void say(Severity severity, const std::string &line) {
    ILogger *logger = theLogger;
    if (logger != nullptr) {
        logger->log(severity, ("STAND-IN " + line).c_str());
    }
}

void apiError(const char *where, const std::string &what) {
    say(Severity::kERROR, std::string(where) + ": Error Code 3: API Usage Error (" + what + ")");
}

} // namespace standIn

#define EXPORT extern "C" STAND_IN_VISIBLE

/* host/runtimes/libraryFile.ts reads the version from this name, as from the real library's. */
EXPORT int tensorrt_version_1_7_0_99;
int tensorrt_version_1_7_0_99 = 0;

int32_t getInferLibMajorVersion() noexcept { return standIn::versionMajor; }
int32_t getInferLibMinorVersion() noexcept { return standIn::versionMinor; }
int32_t getInferLibPatchVersion() noexcept { return standIn::versionPatch; }
int32_t getInferLibBuildVersion() noexcept { return standIn::versionBuild; }
int32_t getInferLibVersion() noexcept { return standIn::versionMajor * 10000 + standIn::versionMinor * 100 + standIn::versionPatch; }

void *createInferRuntime_INTERNAL(void *logger, int32_t version) noexcept {
    standIn::theLogger = static_cast<nvinfer1::ILogger *>(logger);
    /* The interface is that of a minor version. */
    constexpr int32_t compiled = standIn::versionMajor * 10000 + standIn::versionMinor * 100;
    /* The real ones take any version from 1.5 on. */
    if (logger == nullptr || version < 10500 || version / 100 > compiled / 100) {
        standIn::say(standIn::Severity::kERROR, "createInferRuntime: Error Code 6: API Usage Error (the interface is "
                                                "version " + std::to_string(version) + ", expected is 1.7)");
        return nullptr;
    }
    standIn::say(standIn::Severity::kVERBOSE, "TensorRT-RTX 1.7.0.99: no library of NVIDIA, for tests only");
    return static_cast<nvinfer1::IRuntime *>(new standIn::Runtime());
}
