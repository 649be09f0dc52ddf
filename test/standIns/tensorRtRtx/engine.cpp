/* ICudaEngine, IExecutionContext, IRuntimeConfig and IRuntimeCache. */
#include "../system.h"
#include "standIn.h"

#include <algorithm>
#include <atomic>
#include <cstring>


namespace standIn {

using namespace nvinfer1;

namespace {

/* What contexts share with their engine. */
struct Loaded {
    std::shared_ptr<const Plan> plan;
    std::unique_ptr<DeviceMemory> weights;
    DeviceMemory streamed; /* the part of the streamable weights that is on the GPU; there since the first context */
    int64_t budget = 0;
    std::atomic<int> contexts{0};
    std::vector<Tensor> tensors;

    int64_t streamable() const { return plan->streaming ? plan->weightBytes : 0; }
    bool streams() const { return plan->streaming && budget < streamable(); }
    int64_t scratch() const { return streams() ? plan->scratchBytes : 0; }
    const Tensor *tensor(const char *name) const {
        for (const Tensor &one : tensors) {
            if (name != nullptr && std::strcmp(one.name, name) == 0) {
                return &one;
            }
        }
        return nullptr;
    }
    int64_t activations(size_t profile) const {
        const Profile &ranges = plan->profiles[profile];
        int64_t sum = 0;
        for (const Tensor &one : tensors) {
            const Dims most = one.input ? ranges.image.most : outputDims(one, ranges.image.most, ranges.size.most);
            sum += one.host ? 0 : 2 * bytesOf(one, most);
        }
        return (sum + 511) / 512 * 512;
    }
    int64_t deviceMemory() const {
        int64_t most = 0;
        for (size_t i = 0; i < plan->profiles.size(); ++i) {
            most = std::max(most, activations(i));
        }
        return most + scratch();
    }
};

void sleepNs(int64_t ns) {
    if (ns > 0) {
        systemSleepNs(ns);
    }
}

class HostMemory final : public IHostMemory, public apiv::VHostMemory {
public:
    explicit HostMemory(std::string bytes) : mBytes(std::move(bytes)) { mImpl = this; }
    void *data() const noexcept override { return const_cast<char *>(mBytes.data()); }
    std::size_t size() const noexcept override { return mBytes.size(); }
    DataType type() const noexcept override { return DataType::kINT8; }

private:
    std::string mBytes;
};

/* ---- runtime cache ---- */

constexpr char cacheTag[] = "STAND-IN RUNTIME CACHE 1.7.0.99\n";

/* What a cache must match, beside the version: the GPU. */
std::string gpuText() {
    char name[256] = "";
    int device = 0;
    int major = 0;
    int minor = 0;
    driver().deviceGet(&device, 0);
    driver().deviceGetName(name, sizeof(name), device);
    driver().deviceGetAttribute(&major, 75, device);
    driver().deviceGetAttribute(&minor, 76, device);
    return std::string(name) + " " + std::to_string(major) + "." + std::to_string(minor) + "\n";
}

uint64_t checksum(const std::string &bytes) {
    uint64_t hash = 0xcbf29ce484222325ull;
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ull;
    }
    return hash;
}

class Cache final : public IRuntimeCache, public apiv::VRuntimeCache {
public:
    Cache() { mImpl = this; }

    IHostMemory *serialize() const noexcept override {
        std::string bytes = cacheTag + gpuText();
        for (const uint64_t kernel : content->kernels) {
            bytes.append(reinterpret_cast<const char *>(&kernel), sizeof(kernel));
            /* As large as compiled kernels might be. */
            bytes.append(48 << 10, static_cast<char>(kernel));
        }
        const uint64_t sum = checksum(bytes);
        bytes.append(reinterpret_cast<const char *>(&sum), sizeof(sum));
        return new HostMemory(bytes);
    }

    bool deserialize(const void *blob, size_t size) noexcept override {
        const std::string start = cacheTag + gpuText();
        constexpr size_t entry = sizeof(uint64_t) + (48 << 10);
        const std::string bytes(static_cast<const char *>(blob), blob == nullptr ? 0 : size);
        uint64_t sum = 0;
        if (bytes.size() < start.size() + sizeof(sum) ||
            bytes.compare(0, sizeof(cacheTag) - 1, cacheTag) != 0) {
            apiError("IRuntimeCache::deserialize", "the blob is no runtime cache of this version");
            return false;
        }
        std::memcpy(&sum, bytes.data() + bytes.size() - sizeof(sum), sizeof(sum));
        if (sum != checksum(bytes.substr(0, bytes.size() - sizeof(sum)))) {
            apiError("IRuntimeCache::deserialize", "the runtime cache is damaged");
            return false;
        }
        if (bytes.compare(0, start.size(), start) != 0) {
            apiError("IRuntimeCache::deserialize", "the runtime cache was made on another GPU");
            return false;
        }
        std::set<uint64_t> kernels;
        for (size_t at = start.size(); at + entry <= bytes.size() - sizeof(sum); at += entry) {
            uint64_t kernel = 0;
            std::memcpy(&kernel, bytes.data() + at, sizeof(kernel));
            kernels.insert(kernel);
        }
        content->kernels = kernels;
        return true;
    }

    bool reset() noexcept override {
        content->kernels.clear();
        return true;
    }

    const std::shared_ptr<CacheContent> content = std::make_shared<CacheContent>();
};

class Config final : public IRuntimeConfig, public apiv::VRuntimeConfig {
public:
    Config() { mImpl = this; }
    IRuntimeConfig *getPImpl() noexcept override { return this; }
    void setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy strategy) noexcept override {
        allocation = strategy;
    }
    ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept override {
        return allocation;
    }
    IRuntimeCache *createRuntimeCache() const noexcept override { return new Cache(); }
    bool setRuntimeCache(const IRuntimeCache &cache) noexcept override {
        given = const_cast<IRuntimeCache *>(&cache);
        content = static_cast<const Cache &>(cache).content;
        return true;
    }
    IRuntimeCache *getRuntimeCache() const noexcept override { return given; }
    void setDynamicShapesKernelSpecializationStrategy(
        DynamicShapesKernelSpecializationStrategy strategy) noexcept override {
        specialization = strategy;
    }
    DynamicShapesKernelSpecializationStrategy getDynamicShapesKernelSpecializationStrategy() const noexcept override {
        return specialization;
    }
    bool setCudaGraphStrategy(CudaGraphStrategy strategy) noexcept override {
        if (strategy != CudaGraphStrategy::kDISABLED && strategy != CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE) {
            apiError("IRuntimeConfig::setCudaGraphStrategy", "there is no such strategy");
            return false;
        }
        graphs = strategy;
        return true;
    }
    CudaGraphStrategy getCudaGraphStrategy() const noexcept override { return graphs; }

    ExecutionContextAllocationStrategy allocation = ExecutionContextAllocationStrategy::kSTATIC;
    DynamicShapesKernelSpecializationStrategy specialization = DynamicShapesKernelSpecializationStrategy::kLAZY;
    CudaGraphStrategy graphs = CudaGraphStrategy::kDISABLED;
    IRuntimeCache *given = nullptr;
    std::shared_ptr<CacheContent> content;
};

/* ---- execution context ---- */

Dims unknownShape() {
    Dims dims{};
    dims.nbDims = -1;
    return dims;
}

bool isKnown(const Dims &dims) {
    return dims.nbDims >= 0 && std::all_of(dims.d, dims.d + dims.nbDims, [](int64_t size) { return size >= 0; });
}

class Context final : public IExecutionContext, public apiv::VExecutionContext {
public:
    Context(const ICudaEngine &engine, std::shared_ptr<Loaded> loaded, const Config &config)
        : mEngine(engine), mLoaded(std::move(loaded)), mAllocation(config.allocation), mCache(config.content),
          mGraphs(config.graphs == CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE),
          mLazy(config.specialization == DynamicShapesKernelSpecializationStrategy::kLAZY) {
        mImpl = this;
        ++mLoaded->contexts;
        startProfile(0);
    }
    ~Context() noexcept override { --mLoaded->contexts; }

    /* Takes the memory; false: there is not enough. */
    bool start() {
        if (mAllocation == ExecutionContextAllocationStrategy::kUSER_MANAGED) {
            return true;
        }
        const int64_t size = mAllocation == ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE
                                 ? mLoaded->activations(0) + mLoaded->scratch()
                                 : mLoaded->deviceMemory();
        return mMemory.take(size) == 0;
    }

    IExecutionContext *getPImpl() noexcept override { return this; }
    void setDebugSync(bool sync) noexcept override { mDebugSync = sync; }
    bool getDebugSync() const noexcept override { return mDebugSync; }
    void setProfiler(IProfiler *profiler) noexcept override { mProfiler = profiler; }
    IProfiler *getProfiler() const noexcept override { return mProfiler; }
    const ICudaEngine &getEngine() const noexcept override { return mEngine; }
    void setName(const char *name) noexcept override { mName = name == nullptr ? "" : name; }
    const char *getName() const noexcept override { return mName.c_str(); }
    void setDeviceMemory(void *memory) noexcept override { setDeviceMemoryV2(memory, mLoaded->deviceMemory()); }
    void setDeviceMemoryV2(void *memory, int64_t size) noexcept override {
        if (mAllocation != ExecutionContextAllocationStrategy::kUSER_MANAGED) {
            return apiError("IExecutionContext::setDeviceMemoryV2", "the context was not created with kUSER_MANAGED");
        }
        if (size < mLoaded->activations(static_cast<size_t>(mProfile)) + mLoaded->scratch()) {
            return apiError("IExecutionContext::setDeviceMemoryV2", "too little memory");
        }
        mGiven = memory;
    }
    int32_t getOptimizationProfile() const noexcept override { return mProfile; }
    void setErrorRecorder(IErrorRecorder *recorder) noexcept override { mRecorder = recorder; }
    IErrorRecorder *getErrorRecorder() const noexcept override { return mRecorder; }

    bool setOptimizationProfileAsync(int32_t profile, cudaStream_t) noexcept override {
        if (profile < 0 || static_cast<size_t>(profile) >= mLoaded->plan->profiles.size()) {
            apiError("IExecutionContext::setOptimizationProfileAsync",
                     "profile " + std::to_string(profile) + " does not exist; the engine has " +
                         std::to_string(mLoaded->plan->profiles.size()));
            return false;
        }
        startProfile(profile);
        return true;
    }

    bool setInputShape(const char *name, const Dims &dims) noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        const char *const where = "IExecutionContext::setInputShape";
        if (tensor == nullptr || !tensor->input) {
            apiError(where, "there is no input \"" + std::string(name == nullptr ? "" : name) + "\"");
            return false;
        }
        if (tensor->host) {
            const bool fits = dims.nbDims == 1 && dims.d[0] == 2;
            if (!fits) {
                apiError(where, "Static dimension mismatch while setting input shape for " + std::string(name));
            }
            return fits;
        }
        const Range &range = profile().image;
        if (dims.nbDims != range.most.nbDims) {
            apiError(where, "Input " + std::string(name) + " has " + std::to_string(range.most.nbDims) +
                                " dimensions, set are " + text(dims));
            return false;
        }
        for (int32_t i = 0; i < dims.nbDims; ++i) {
            if (dims.d[i] >= range.least.d[i] && dims.d[i] <= range.most.d[i]) {
                continue;
            }
            const std::string what = tensor->dims.d[i] >= 0
                                         ? "Static dimension mismatch while setting input shape for " + std::string(name) +
                                               ". Set dimensions are " + text(dims) + ". Expected dimensions are " +
                                               text(tensor->dims) + "."
                                         : "Set dimension " + text(dims) + " for tensor " + name +
                                               " does not satisfy any optimization profiles. Valid range for profile " +
                                               std::to_string(mProfile) + ": " + text(range.least) + ".." + text(range.most) +
                                               ".";
            apiError(where, what);
            return false;
        }
        mImage = dims;
        return true;
    }

    Dims getTensorShape(const char *name) const noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        if (tensor == nullptr) {
            apiError("IExecutionContext::getTensorShape", "there is no tensor \"" + std::string(name == nullptr ? "" : name) + "\"");
            return unknownShape();
        }
        if (tensor->role == Role::image) {
            return mImage;
        }
        Dims size{};
        readSize(size);
        return outputDims(*tensor, mImage, size);
    }
    Dims getTensorStrides(const char *name) const noexcept override {
        Dims shape = getTensorShape(name);
        int64_t stride = 1;
        for (int32_t i = shape.nbDims - 1; i >= 0; --i) {
            const int64_t size = shape.d[i];
            shape.d[i] = stride;
            stride *= size;
        }
        return shape;
    }

    bool allInputDimensionsSpecified() const noexcept override { return isKnown(mImage); }
    int32_t inferShapes(int32_t capacity, const char **names) noexcept override {
        int32_t missing = 0;
        const auto add = [&](const char *name) {
            if (missing++ < capacity && names != nullptr) {
                names[missing - 1] = name;
            }
        };
        if (!isKnown(mImage)) {
            add("image");
        }
        Dims size{};
        if (mLoaded->plan->shapeTensor && !readSize(size)) {
            add("size");
        }
        if (missing == 0 && mLoaded->plan->shapeTensor && !sizeFits(size, "IExecutionContext::inferShapes")) {
            return -1;
        }
        return missing;
    }

    bool setTensorAddress(const char *name, void *data) noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        if (tensor == nullptr) {
            apiError("IExecutionContext::setTensorAddress",
                     "there is no tensor \"" + std::string(name == nullptr ? "" : name) + "\"");
            return false;
        }
        if (reinterpret_cast<uintptr_t>(data) % 4 != 0) {
            apiError("IExecutionContext::setTensorAddress", "the address of " + std::string(name) + " is not aligned");
            return false;
        }
        mAddresses[tensor->role] = data;
        return true;
    }
    bool setInputTensorAddress(const char *name, const void *data) noexcept override {
        return setTensorAddress(name, const_cast<void *>(data));
    }
    bool setOutputTensorAddress(const char *name, void *data) noexcept override { return setTensorAddress(name, data); }
    const void *getTensorAddress(const char *name) const noexcept override { return getOutputTensorAddress(name); }
    void *getOutputTensorAddress(const char *name) const noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        const auto found = tensor == nullptr ? mAddresses.end() : mAddresses.find(tensor->role);
        return found == mAddresses.end() ? nullptr : found->second;
    }
    bool setOutputAllocator(const char *name, IOutputAllocator *allocator) noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        if (tensor == nullptr || tensor->input) {
            apiError("IExecutionContext::setOutputAllocator", "there is no output of that name");
            return false;
        }
        mAllocators[tensor->role] = allocator;
        return true;
    }
    IOutputAllocator *getOutputAllocator(const char *name) noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        const auto found = tensor == nullptr ? mAllocators.end() : mAllocators.find(tensor->role);
        return found == mAllocators.end() ? nullptr : found->second;
    }
    int64_t getMaxOutputSize(const char *name) const noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        const Dims shape = tensor == nullptr || tensor->input ? unknownShape() : getTensorShape(name);
        if (!isKnown(shape)) {
            apiError("IExecutionContext::getMaxOutputSize", "the shape is not known yet");
            return -1;
        }
        return bytesOf(*tensor, shape);
    }
    size_t updateDeviceMemorySizeForShapes() noexcept override {
        return static_cast<size_t>(mLoaded->activations(static_cast<size_t>(mProfile)) + mLoaded->scratch());
    }

    bool enqueueV3(cudaStream_t stream) noexcept override {
        const char *const where = "IExecutionContext::enqueueV3";
        sufferFaults("enqueue");
        const int32_t missing = inferShapes(0, nullptr);
        if (missing != 0) {
            if (missing > 0) {
                apiError(where, isKnown(mImage) ? "the values of size are not set" : "the shape of image is not set");
            }
            return false;
        }
        if (mAllocation == ExecutionContextAllocationStrategy::kUSER_MANAGED && mGiven == nullptr) {
            apiError(where, "device memory was not set");
            return false;
        }
        if (mLoaded->plan->deferred) {
            apiError(where, "the weights were not loaded (deferred weights loading)");
            return false;
        }
        if (mLoaded->plan->alias && mAddresses[Role::picture] != mAddresses[Role::image]) {
            apiError(where, "picture must have the address of image, which it aliases");
            return false;
        }
        auto inference = std::make_unique<Inference>();
        inference->plan = mLoaded->plan;
        inference->image = mImage;
        readSize(inference->size);
        inference->weights = mLoaded->weights->address();
        inference->nan = driver().fault("nan") != 0;
        for (const Tensor &tensor : mLoaded->tensors) {
            if (tensor.host) {
                continue;
            }
            void *address = nullptr;
            if (!prepare(tensor, inference->size, stream, address)) {
                return false;
            }
            inference->addresses[tensor.role] = address;
        }
        if (!compileKernels()) {
            return false;
        }
        const int64_t duration = durationNs();
        ++mEnqueued;
        const auto work = [](void *data, int alive) {
            const std::unique_ptr<Inference> own(static_cast<Inference *>(data));
            if (alive != 0) {
                compute(*own);
            }
        };
        const int status = driver().launch(stream, duration, work, inference.get());
        if (status != 0) {
            say(Severity::kERROR, "IExecutionContext::enqueueV3: Error Code 1: Cuda Runtime (" + cudaText(status) + ")");
            return false;
        }
        (void)inference.release();
        mLastNs = duration;
        if (mProfiler != nullptr && mEmits) {
            if (driver().streamSynchronize(stream) != 0) {
                return false;
            }
            return reportToProfiler();
        }
        return true;
    }
    bool executeV2(void *const *bindings) noexcept override {
        size_t i = 0;
        for (const Tensor &tensor : mLoaded->tensors) {
            mAddresses[tensor.role] = bindings[i++];
        }
        return enqueueV3(nullptr) && driver().streamSynchronize(nullptr) == 0;
    }

    void setEnqueueEmitsProfile(bool emits) noexcept override { mEmits = emits; }
    bool getEnqueueEmitsProfile() const noexcept override { return mEmits; }
    bool reportToProfiler() const noexcept override {
        if (mProfiler == nullptr || mLastNs == 0) {
            apiError("IExecutionContext::reportToProfiler", "there is no profiler, or nothing ran");
            return false;
        }
        const std::vector<float> times = layerTimes(*mLoaded->plan, mLastNs);
        for (size_t i = 0; i < times.size(); ++i) {
            mProfiler->reportLayerTime(mLoaded->plan->layerNames[i].c_str(), times[i]);
        }
        return true;
    }

    bool setInputConsumedEvent(cudaEvent_t event) noexcept override {
        mConsumed = event;
        return true;
    }
    cudaEvent_t getInputConsumedEvent() const noexcept override { return mConsumed; }
    bool setTemporaryStorageAllocator(IGpuAllocator *allocator) noexcept override {
        mTemporary = allocator;
        return true;
    }
    IGpuAllocator *getTemporaryStorageAllocator() const noexcept override { return mTemporary; }
    void setPersistentCacheLimit(size_t size) noexcept override { mPersistent = size; }
    size_t getPersistentCacheLimit() const noexcept override { return mPersistent; }
    bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept override {
        mNvtx = verbosity;
        return true;
    }
    ProfilingVerbosity getNvtxVerbosity() const noexcept override { return mNvtx; }
    void setAuxStreams(cudaStream_t *, int32_t) noexcept override {}
    bool setDebugListener(IDebugListener *listener) noexcept override {
        mDebug = listener;
        return true;
    }
    IDebugListener *getDebugListener() noexcept override { return mDebug; }
    bool setTensorDebugState(const char *, bool) noexcept override { return false; }
    bool getDebugState(const char *) const noexcept override { return false; }
    bool setAllTensorsDebugState(bool) noexcept override { return true; }
    IRuntimeConfig *getRuntimeConfig() const noexcept override { return nullptr; }
    bool setUnfusedTensorsDebugState(bool) noexcept override { return false; }
    bool getUnfusedTensorsDebugState() const noexcept override { return false; }
    bool isStreamCapturable(cudaStream_t) const noexcept override { return !mLoaded->streams(); }
    bool setCommunicator(void *) noexcept override { return false; }

private:
    const Profile &profile() const { return mLoaded->plan->profiles[static_cast<size_t>(mProfile)]; }

    void startProfile(int32_t index) {
        mProfile = index;
        mImage = mLoaded->plan->image; /* fixed dimensions are known, -1 are not */
    }

    bool readSize(Dims &size) const {
        const auto found = mAddresses.find(Role::size);
        if (!mLoaded->plan->shapeTensor || found == mAddresses.end() || found->second == nullptr) {
            return false;
        }
        /* Of a shape tensor the address must be the host's. */
        const auto *values = static_cast<const int64_t *>(found->second);
        size.nbDims = 2;
        size.d[0] = values[0];
        size.d[1] = values[1];
        return true;
    }

    bool sizeFits(const Dims &size, const char *where) const {
        const Range &range = profile().size;
        for (int32_t i = 0; i < 2; ++i) {
            if (size.d[i] < range.least.d[i] || size.d[i] > range.most.d[i]) {
                apiError(where, "the values " + text(size) + " of shape tensor size are not within profile " +
                                    std::to_string(mProfile) + ": " + text(range.least) + ".." + text(range.most));
                return false;
            }
        }
        return true;
    }

    /* The address of a tensor for this inference, allocated where there is an allocator. */
    bool prepare(const Tensor &tensor, const Dims &size, cudaStream_t stream, void *&address) {
        const char *const where = "IExecutionContext::enqueueV3";
        const Dims dims = tensor.input ? mImage : outputDims(tensor, mImage, size);
        const int64_t bytes = bytesOf(tensor, dims);
        const auto set = mAddresses.find(tensor.role);
        address = set == mAddresses.end() ? nullptr : set->second;
        const auto allocator = mAllocators.find(tensor.role);
        if (allocator != mAllocators.end() && allocator->second != nullptr) {
            address = allocator->second->reallocateOutputAsync(tensor.name, address,
                                                               static_cast<uint64_t>(std::max<int64_t>(bytes, 1)), 256,
                                                               stream);
            if (address == nullptr) {
                say(Severity::kERROR, std::string(where) + ": Error Code 2: OutOfMemory (the output allocator of " +
                                          tensor.name + " gave no memory for " + std::to_string(bytes) + " bytes)");
                return false;
            }
            allocator->second->notifyShape(tensor.name, dims);
        }
        if (address == nullptr) {
            apiError(where, "the address of " + std::string(tensor.name) + " is not set");
            return false;
        }
        /* A real GPU would find out by itself; here it is said. */
        if (driver().memory(reinterpret_cast<uint64_t>(address), static_cast<uint64_t>(bytes)) == nullptr) {
            apiError(where, "the memory of " + std::string(tensor.name) + " is not the GPU's or has fewer than " +
                                std::to_string(bytes) + " bytes");
            return false;
        }
        return true;
    }

    /* What the just-in-time compiler does once for each kernel, unless the cache has it. */
    bool compileKernels() {
        const uint64_t kernel = mLoaded->plan->identity + static_cast<uint64_t>(mProfile);
        if (mCompiled.count(kernel) != 0) {
            return true;
        }
        const bool cached = mCache && mCache->kernels.count(kernel) != 0;
        if (driver().fault("jit") != 0) {
            say(Severity::kERROR, "IExecutionContext::enqueueV3: Error Code 1: Cuda Driver (" +
                                      cudaText(static_cast<int>(driver().fault("jit"))) + ")");
            return false;
        }
        if (!cached) {
            say(Severity::kVERBOSE, "JIT: compiling kernels of profile " + std::to_string(mProfile));
            sleepNs(mLoaded->plan->jitNs);
            if (mCache) {
                mCache->kernels.insert(kernel);
            }
        }
        mCompiled.insert(kernel);
        return true;
    }

    int64_t durationNs() const {
        const Plan &plan = *mLoaded->plan;
        const double pixels = static_cast<double>(mImage.d[0] * mImage.d[2] * mImage.d[3]);
        const Dims &best = profile().image.best;
        const double usual = static_cast<double>(best.d[0] * best.d[2] * best.d[3]);
        double duration = static_cast<double>(plan.latencyNs) * (0.5 + 0.5 * pixels / std::max(usual, 1.0));
        if (mLoaded->streams()) {
            /* Weights come while others are at work: it costs time when they come slower than those work. */
            const double missing = static_cast<double>(mLoaded->streamable() - mLoaded->budget);
            const double coming =
                static_cast<double>(plan.streamNs) * missing / static_cast<double>(mLoaded->streamable());
            duration = std::max(duration * 1.02, coming);
        } else if (mGraphs && mEnqueued > 0) {
            duration *= 0.95;
        }
        /* Fallback kernels, until those for the shapes at hand are compiled in the background. */
        if (mLazy && mEnqueued < 4 && plan.image.d[2] < 0) {
            duration *= 2;
        }
        return static_cast<int64_t>(duration);
    }

    const ICudaEngine &mEngine;
    const std::shared_ptr<Loaded> mLoaded;
    const ExecutionContextAllocationStrategy mAllocation;
    const std::shared_ptr<CacheContent> mCache;
    const bool mGraphs;
    const bool mLazy;
    DeviceMemory mMemory;
    void *mGiven = nullptr;
    int32_t mProfile = 0;
    Dims mImage{};
    std::map<Role, void *> mAddresses;
    std::map<Role, IOutputAllocator *> mAllocators;
    std::set<uint64_t> mCompiled;
    int64_t mEnqueued = 0;
    int64_t mLastNs = 0;
    IProfiler *mProfiler = nullptr;
    IErrorRecorder *mRecorder = nullptr;
    IGpuAllocator *mTemporary = nullptr;
    IDebugListener *mDebug = nullptr;
    cudaEvent_t mConsumed = nullptr;
    ProfilingVerbosity mNvtx = ProfilingVerbosity::kLAYER_NAMES_ONLY;
    size_t mPersistent = 0;
    std::string mName;
    bool mDebugSync = false;
    bool mEmits = true;
};

/* ---- engine ---- */

class Engine final : public ICudaEngine, public apiv::VCudaEngine {
public:
    Engine(std::shared_ptr<const Plan> plan, std::unique_ptr<DeviceMemory> weights, std::shared_ptr<int> count)
        : mLoaded(std::make_shared<Loaded>()), mCount(std::move(count)) {
        mImpl = this;
        mLoaded->tensors = tensorsOf(*plan);
        mLoaded->plan = std::move(plan);
        mLoaded->weights = std::move(weights);
        mLoaded->budget = mLoaded->streamable();
        ++*mCount;
    }
    ~Engine() noexcept override {
        if (mLoaded->contexts != 0) {
            apiError("ICudaEngine::~ICudaEngine", "destroyed before its execution contexts");
        }
        --*mCount;
    }

    ICudaEngine *getPImpl() noexcept override { return this; }
    int32_t getNbLayers() const noexcept override { return plan().layers; }
    IHostMemory *serialize() const noexcept override { return nullptr; }
    ISerializationConfig *createSerializationConfig() noexcept override { return nullptr; }
    IHostMemory *serializeWithConfig(ISerializationConfig &) const noexcept override { return nullptr; }
    bool isRefittable() const noexcept override { return plan().refittable; }
    const char *getName() const noexcept override { return plan().name.c_str(); }
    int32_t getNbOptimizationProfiles() const noexcept override { return static_cast<int32_t>(plan().profiles.size()); }
    EngineCapability getEngineCapability() const noexcept override { return EngineCapability::kSTANDARD; }
    void setErrorRecorder(IErrorRecorder *recorder) noexcept override { mRecorder = recorder; }
    IErrorRecorder *getErrorRecorder() const noexcept override { return mRecorder; }
    TacticSources getTacticSources() const noexcept override { return 0; }
    ProfilingVerbosity getProfilingVerbosity() const noexcept override {
        return static_cast<ProfilingVerbosity>(plan().verbosity);
    }
    IEngineInspector *createEngineInspector() const noexcept override {
        return driver().fault("no_inspector") != 0 ? nullptr : makeInspector(mLoaded->plan);
    }

    int32_t getNbIOTensors() const noexcept override { return static_cast<int32_t>(mLoaded->tensors.size()); }
    const char *getIOTensorName(int32_t index) const noexcept override {
        if (index < 0 || index >= getNbIOTensors()) {
            apiError("ICudaEngine::getIOTensorName", "there is no tensor " + std::to_string(index));
            return nullptr;
        }
        return mLoaded->tensors[static_cast<size_t>(index)].name;
    }
    Dims getTensorShape(const char *name) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::getTensorShape");
        return tensor == nullptr ? unknownShape() : tensor->dims;
    }
    DataType getTensorDataType(const char *name) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::getTensorDataType");
        return tensor == nullptr ? DataType::kFLOAT : tensor->type;
    }
    TensorLocation getTensorLocation(const char *name) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::getTensorLocation");
        return tensor != nullptr && tensor->host ? TensorLocation::kHOST : TensorLocation::kDEVICE;
    }
    bool isShapeInferenceIO(const char *name) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::isShapeInferenceIO");
        return tensor != nullptr && tensor->host;
    }
    TensorIOMode getTensorIOMode(const char *name) const noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        return tensor == nullptr ? TensorIOMode::kNONE : tensor->input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
    }
    int32_t getTensorBytesPerComponent(const char *) const noexcept override { return -1; }
    int32_t getTensorComponentsPerElement(const char *) const noexcept override { return -1; }
    TensorFormat getTensorFormat(const char *) const noexcept override { return TensorFormat::kLINEAR; }
    const char *getTensorFormatDesc(const char *name) const noexcept override { return getTensorFormatDescV2(name, 0); }
    int32_t getTensorVectorizedDim(const char *) const noexcept override { return -1; }
    int32_t getTensorBytesPerComponentV2(const char *, int32_t) const noexcept override { return -1; }
    int32_t getTensorComponentsPerElementV2(const char *, int32_t) const noexcept override { return -1; }
    TensorFormat getTensorFormatV2(const char *name, int32_t profile) const noexcept override {
        return isVectorized(name, profile) ? TensorFormat::kCHW4 : TensorFormat::kLINEAR;
    }
    const char *getTensorFormatDescV2(const char *name, int32_t profile) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::getTensorFormatDesc");
        if (tensor == nullptr || !hasProfile(profile, "ICudaEngine::getTensorFormatDesc")) {
            return "";
        }
        if (isVectorized(name, profile)) {
            return "Four wide channel vectorized row major FP32 format (kCHW4)";
        }
        switch (tensor->type) {
        case DataType::kINT64:
            return "Row major linear INT64 format (kLINEAR)";
        case DataType::kHALF:
            return "Row major linear FP16 format (kLINEAR)";
        default:
            return "Row major linear FP32 format (kLINEAR)";
        }
    }
    int32_t getTensorVectorizedDimV2(const char *, int32_t) const noexcept override { return -1; }
    Dims getProfileShape(const char *name, int32_t profile, OptProfileSelector select) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::getProfileShape");
        if (tensor == nullptr || !hasProfile(profile, "ICudaEngine::getProfileShape")) {
            return unknownShape();
        }
        if (!tensor->input) {
            apiError("ICudaEngine::getProfileShape", std::string(name) + " is not an input");
            return unknownShape();
        }
        return tensor->host ? tensor->dims : chosen(plan().profiles[static_cast<size_t>(profile)].image, select);
    }
    const int64_t *getProfileTensorValuesV2(const char *name, int32_t profile,
                                            OptProfileSelector select) const noexcept override {
        const Tensor *tensor = find(name, "ICudaEngine::getProfileTensorValuesV2");
        if (tensor == nullptr || !tensor->host || !hasProfile(profile, "ICudaEngine::getProfileTensorValuesV2")) {
            return nullptr;
        }
        return chosen(plan().profiles[static_cast<size_t>(profile)].size, select).d;
    }

    HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override {
        return HardwareCompatibilityLevel{}; /* none */
    }
    int32_t getNbAuxStreams() const noexcept override { return plan().auxStreams; }
    IRefitter *createRefitter(ILogger &) noexcept override { return nullptr; }
    bool isDebugTensor(const char *) const noexcept override { return false; }

    int64_t getStreamableWeightsSize() const noexcept override { return mLoaded->streamable(); }
    bool setWeightStreamingBudgetV2(int64_t budget) noexcept override {
        const char *const where = "ICudaEngine::setWeightStreamingBudgetV2";
        if (!plan().streaming) {
            apiError(where, "the engine was not built with BuilderFlag::kWEIGHT_STREAMING");
            return false;
        }
        if (mLoaded->contexts != 0) {
            apiError(where, "the budget cannot be changed while execution contexts exist");
            return false;
        }
        if (budget < 0) {
            apiError(where, "the budget " + std::to_string(budget) + " is negative");
            return false;
        }
        mLoaded->budget = std::min(budget, mLoaded->streamable());
        mLoaded->streamed.reset();
        return true;
    }
    int64_t getWeightStreamingBudgetV2() const noexcept override {
        return streamingOr(-1, "ICudaEngine::getWeightStreamingBudgetV2", mLoaded->budget);
    }
    int64_t getWeightStreamingAutomaticBudget() const noexcept override {
        size_t free = 0;
        size_t total = 0;
        if (plan().streaming && ensureContext() == 0) {
            driver().memGetInfo(&free, &total);
        }
        /* What is free without the context, a twentieth of it left over. */
        const auto spare = static_cast<int64_t>(free - free / 20) - mLoaded->deviceMemory() - plan().scratchBytes;
        const int64_t budget = std::clamp<int64_t>(spare, 0, std::max<int64_t>(mLoaded->streamable(), 0));
        return streamingOr(-1, "ICudaEngine::getWeightStreamingAutomaticBudget", budget);
    }
    int64_t getWeightStreamingScratchMemorySize() const noexcept override {
        return streamingOr(-1, "ICudaEngine::getWeightStreamingScratchMemorySize", mLoaded->scratch());
    }
    int64_t getDeviceMemorySizeV2() const noexcept override { return mLoaded->deviceMemory(); }
    int64_t getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept override {
        if (!hasProfile(profile, "ICudaEngine::getDeviceMemorySizeForProfileV2")) {
            return -1;
        }
        return mLoaded->activations(static_cast<size_t>(profile)) + mLoaded->scratch();
    }
    int64_t getEngineStat(EngineStat stat) const noexcept override {
        return stat == EngineStat::kTOTAL_WEIGHTS_SIZE ? plan().weightBytes : -1;
    }
    const char *getAliasedInputTensor(const char *name) const noexcept override {
        const Tensor *tensor = mLoaded->tensor(name);
        return plan().alias && tensor != nullptr && tensor->role == Role::picture ? "image" : nullptr;
    }
    bool areWeightsLoaded() const noexcept override { return !plan().deferred; }
    bool loadWeights(const void *, int64_t) noexcept override { return false; }
    bool loadWeightsAsync(IStreamReaderV2 &, cudaStream_t) noexcept override { return false; }
    bool unloadWeights() noexcept override { return false; }
    IWeightsManager *createWeightsManager() noexcept override { return nullptr; }

    IRuntimeConfig *createRuntimeConfig() noexcept override { return new Config(); }
    IExecutionContext *createExecutionContext(ExecutionContextAllocationStrategy strategy) noexcept override {
        Config config;
        config.allocation = strategy;
        return makeContext(config);
    }
    IExecutionContext *createExecutionContextWithRuntimeConfig(IRuntimeConfig *config) noexcept override {
        if (config == nullptr) {
            apiError("ICudaEngine::createExecutionContext", "there is no runtime configuration");
            return nullptr;
        }
        return makeContext(*static_cast<Config *>(config));
    }

private:
    const Plan &plan() const { return *mLoaded->plan; }
    bool isVectorized(const char *name, int32_t profile) const {
        const Tensor *tensor = mLoaded->tensor(name);
        return tensor != nullptr && tensor->role == Role::picture && profile == plan().vectorizedProfile;
    }
    const Tensor *find(const char *name, const char *where) const {
        const Tensor *tensor = mLoaded->tensor(name);
        if (tensor == nullptr) {
            apiError(where, "there is no tensor \"" + std::string(name == nullptr ? "" : name) + "\"");
        }
        return tensor;
    }
    bool hasProfile(int32_t profile, const char *where) const {
        if (profile < 0 || static_cast<size_t>(profile) >= plan().profiles.size()) {
            apiError(where, "there is no optimization profile " + std::to_string(profile));
            return false;
        }
        return true;
    }
    static const Dims &chosen(const Range &range, OptProfileSelector select) {
        return select == OptProfileSelector::kMIN ? range.least : select == OptProfileSelector::kOPT ? range.best : range.most;
    }
    int64_t streamingOr(int64_t otherwise, const char *where, int64_t value) const {
        if (plan().streaming) {
            return value;
        }
        apiError(where, "the engine was not built with BuilderFlag::kWEIGHT_STREAMING");
        return otherwise;
    }

    IExecutionContext *makeContext(const Config &config) {
        const char *const where = "ICudaEngine::createExecutionContext";
        sufferFaults("context");
        const auto refused = static_cast<int>(driver().fault("context"));
        const int status = refused != 0 ? refused : ensureContext();
        if (status != 0) {
            say(Severity::kERROR, std::string(where) + ": Error Code 1: Cuda Driver (" + cudaText(status) + ")");
            return nullptr;
        }
        if (plan().streaming && mLoaded->budget < plan().leastBudget) {
            say(Severity::kERROR, std::string(where) + ": Error Code 2: OutOfMemory (the weight streaming budget of " +
                                      std::to_string(mLoaded->budget) + " bytes is too small; the largest layer needs " +
                                      std::to_string(plan().leastBudget) + " bytes)");
            return nullptr;
        }
        if (plan().streaming && mLoaded->budget > 0 && mLoaded->streamed.address() == 0 &&
            mLoaded->streamed.take(mLoaded->budget) != 0) {
            return nullptr;
        }
        if (mLoaded->streams() && config.graphs != CudaGraphStrategy::kDISABLED) {
            say(Severity::kINFO, "CUDA graphs are not used: the engine is streaming weights");
        }
        auto context = std::make_unique<Context>(*this, mLoaded, config);
        return context->start() ? context.release() : nullptr;
    }

    const std::shared_ptr<Loaded> mLoaded;
    const std::shared_ptr<int> mCount;
    IErrorRecorder *mRecorder = nullptr;
};

} // namespace

ICudaEngine *makeEngine(std::shared_ptr<const Plan> plan, std::unique_ptr<DeviceMemory> weights,
                        std::shared_ptr<int> engineCount) {
    return new Engine(std::move(plan), std::move(weights), std::move(engineCount));
}

IHostMemory *makeHostMemory(std::string bytes) { return new HostMemory(std::move(bytes)); }

} // namespace standIn
