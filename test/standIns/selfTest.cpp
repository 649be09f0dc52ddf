/*
 * selfTest.cpp - asks the stand-in TensorRT-RTX and CUDA driver, through NVIDIA's public interface, whether they obey the
 * rules that are documented and were measured. Run by test/run/standIns.test.ts in a process of its own for each group:
 *
 *   selfTest LIBRARY GROUP ENGINE [ENGINE]
 *
 * prints one line for each thing found wrong and "N checked"; exit code 1 when something was wrong.
 */
#include "NvInferRuntime.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <dlfcn.h>

using namespace nvinfer1;

namespace {

int checked = 0;
int wrong = 0;
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        ++checked;                                                                                                     \
        if (!(condition)) {                                                                                            \
            ++wrong;                                                                                                   \
            std::printf("line %d: %s\n", __LINE__, #condition);                                                        \
        }                                                                                                              \
    } while (false)

class Logger : public ILogger {
public:
    void log(Severity severity, const char *text) noexcept override {
        lines.push_back(std::to_string(static_cast<int>(severity)) + text);
        unmarked += std::strncmp(text, "STAND-IN", 8) != 0 ? 1 : 0;
    }
    /* Errors since the last time this was asked. */
    int errors() {
        int count = 0;
        for (const std::string &line : lines) {
            count += line[0] <= '1' ? 1 : 0;
        }
        lines.clear();
        return count;
    }
    std::vector<std::string> lines;
    int unmarked = 0;
};
Logger logger;

using Address = uint64_t;
struct Cuda {
    int (*init)(unsigned int);
    int (*retain)(void **, int);
    int (*release)(int);
    int (*setCurrent)(void *);
    int (*alloc)(Address *, size_t);
    int (*release_memory)(Address);
    int (*info)(size_t *, size_t *);
    int (*toDevice)(Address, const void *, size_t);
    int (*toHost)(void *, Address, size_t);
    int (*toHostAsync)(void *, Address, size_t, void *);
    int (*allocHost)(void **, size_t);
    int (*freeHost)(void *);
    int (*streamCreate)(void **, unsigned int);
    int (*streamDestroy)(void *);
    int (*synchronize)(void *);
    int (*query)(void *);
    int (*eventCreate)(void **, unsigned int);
    int (*record)(void *, void *);
    int (*elapsed)(float *, void *, void *);
    int (*eventSynchronize)(void *);
    int (*attribute)(void *, int, Address);
};
Cuda cuda{};

template <typename F> void find(void *library, F &function, const char *name) {
    function = reinterpret_cast<F>(dlsym(library, name));
    if (function == nullptr) {
        std::printf("%s is missing\n", name);
        std::exit(2);
    }
}

void openCuda() {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == nullptr) {
        std::printf("%s\n", dlerror());
        std::exit(2);
    }
    find(library, cuda.init, "cuInit");
    find(library, cuda.retain, "cuDevicePrimaryCtxRetain");
    find(library, cuda.release, "cuDevicePrimaryCtxRelease_v2");
    find(library, cuda.setCurrent, "cuCtxSetCurrent");
    find(library, cuda.alloc, "cuMemAlloc_v2");
    find(library, cuda.release_memory, "cuMemFree_v2");
    find(library, cuda.info, "cuMemGetInfo_v2");
    find(library, cuda.toDevice, "cuMemcpyHtoD_v2");
    find(library, cuda.toHost, "cuMemcpyDtoH_v2");
    find(library, cuda.toHostAsync, "cuMemcpyDtoHAsync_v2");
    find(library, cuda.allocHost, "cuMemAllocHost_v2");
    find(library, cuda.freeHost, "cuMemFreeHost");
    find(library, cuda.streamCreate, "cuStreamCreate");
    find(library, cuda.streamDestroy, "cuStreamDestroy_v2");
    find(library, cuda.synchronize, "cuStreamSynchronize");
    find(library, cuda.query, "cuStreamQuery");
    find(library, cuda.eventCreate, "cuEventCreate");
    find(library, cuda.record, "cuEventRecord");
    find(library, cuda.elapsed, "cuEventElapsedTime");
    find(library, cuda.eventSynchronize, "cuEventSynchronize");
    find(library, cuda.attribute, "cuPointerGetAttribute");
}

int64_t freeMemory() {
    size_t free = 0;
    size_t total = 0;
    return cuda.info(&free, &total) == 0 ? static_cast<int64_t>(free) : -1;
}

double nowMs() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

/* Reads in odd pieces, as a reader may, and knows which memory is the GPU's. */
class Reader : public IStreamReaderV2 {
public:
    explicit Reader(const char *path) : mFile(path, std::ios::binary) {}
    int64_t read(void *to, int64_t size, cudaStream_t) noexcept override {
        const int64_t wanted = size > 1000003 ? 1000003 : size;
        std::vector<char> bytes(static_cast<size_t>(wanted));
        mFile.read(bytes.data(), wanted);
        const int64_t got = mFile.gcount();
        unsigned int type = 0;
        const bool device = cuda.attribute(&type, 2, reinterpret_cast<Address>(to)) == 0 && type == 2;
        if (device) {
            ++deviceReads;
            return cuda.toDevice(reinterpret_cast<Address>(to), bytes.data(), static_cast<size_t>(got)) == 0 ? got : -1;
        }
        std::memcpy(to, bytes.data(), static_cast<size_t>(got));
        return got;
    }
    bool seek(int64_t offset, SeekPosition where) noexcept override {
        mFile.clear();
        mFile.seekg(offset, where == SeekPosition::kSET ? std::ios::beg : where == SeekPosition::kCUR ? std::ios::cur : std::ios::end);
        return mFile.good();
    }
    int deviceReads = 0;

private:
    std::ifstream mFile;
};

Dims dimsOf(std::initializer_list<int64_t> sizes) {
    Dims dims{};
    for (const int64_t size : sizes) {
        dims.d[dims.nbDims++] = size;
    }
    return dims;
}

bool same(const Dims &a, const Dims &b) {
    return a.nbDims == b.nbDims && std::memcmp(a.d, b.d, sizeof(int64_t) * static_cast<size_t>(a.nbDims)) == 0;
}

using Engine = std::unique_ptr<ICudaEngine>;
using Context = std::unique_ptr<IExecutionContext>;

/* ---- groups ---- */

void budgets(IRuntime &runtime, const char *streaming, const char *whole) {
    Reader reader(streaming);
    const int64_t before = freeMemory();
    Engine engine(runtime.deserializeCudaEngine(reader));
    CHECK(engine != nullptr);
    CHECK(reader.deviceReads > 0);
    const int64_t all = engine->getStreamableWeightsSize();
    const int64_t activations = engine->getDeviceMemorySizeV2();
    CHECK(all > 0);
    CHECK(engine->getWeightStreamingBudgetV2() == all);
    CHECK(engine->getWeightStreamingScratchMemorySize() == 0);
    CHECK(engine->getWeightStreamingAutomaticBudget() >= 0 && engine->getWeightStreamingAutomaticBudget() <= all);
    int64_t scratch = -1;
    for (const int64_t asked : {int64_t{0}, int64_t{1}, all / 2, all - 1}) {
        CHECK(engine->setWeightStreamingBudgetV2(asked));
        CHECK(engine->getWeightStreamingBudgetV2() == asked);
        CHECK(scratch == -1 || engine->getWeightStreamingScratchMemorySize() == scratch);
        scratch = engine->getWeightStreamingScratchMemorySize();
        CHECK(scratch > 0);
        CHECK(engine->getDeviceMemorySizeV2() == activations + scratch);
    }
    CHECK(engine->setWeightStreamingBudgetV2(2 * all));
    CHECK(engine->getWeightStreamingBudgetV2() == all);
    CHECK(logger.errors() == 0);
    CHECK(!engine->setWeightStreamingBudgetV2(-1));
    CHECK(logger.errors() == 1);
    CHECK(engine->getWeightStreamingBudgetV2() == all);

    const int64_t loaded = freeMemory();
    Context context(engine->createExecutionContext());
    CHECK(context != nullptr);
    CHECK(loaded - freeMemory() >= all + activations);
    logger.errors();
    CHECK(!engine->setWeightStreamingBudgetV2(0));
    CHECK(logger.errors() == 1);
    CHECK(engine->getWeightStreamingBudgetV2() == all);
    context.reset();
    CHECK(engine->setWeightStreamingBudgetV2(0));
    context.reset(engine->createExecutionContext());
    CHECK(loaded - freeMemory() < all + activations);
    context.reset();
    engine.reset();
    CHECK(freeMemory() == before);

    Reader second(whole);
    engine.reset(runtime.deserializeCudaEngine(second));
    CHECK(engine != nullptr);
    logger.errors();
    CHECK(engine->getStreamableWeightsSize() == 0);
    CHECK(logger.errors() == 0);
    CHECK(engine->getWeightStreamingBudgetV2() == -1);
    CHECK(logger.errors() == 1);
    CHECK(engine->getWeightStreamingAutomaticBudget() == -1);
    CHECK(logger.errors() == 1);
    CHECK(engine->getWeightStreamingScratchMemorySize() == -1);
    CHECK(logger.errors() == 1);
    CHECK(!engine->setWeightStreamingBudgetV2(0));
    CHECK(logger.errors() == 1);
}

struct Run {
    Context context;
    void *stream = nullptr;
    Address image = 0, picture = 0, mean = 0, label = 0;
    std::vector<float> input;

    Run(ICudaEngine &engine, IRuntimeConfig *config, int64_t height, int64_t width) {
        context.reset(config == nullptr ? engine.createExecutionContext() : engine.createExecutionContext(config));
        if (!context) {
            return;
        }
        cuda.streamCreate(&stream, 1);
        const auto pixels = static_cast<size_t>(3 * height * width);
        cuda.alloc(&image, pixels * 4);
        cuda.alloc(&picture, pixels * 4);
        cuda.alloc(&mean, 12);
        cuda.alloc(&label, 8);
        for (size_t i = 0; i < pixels; ++i) {
            input.push_back(static_cast<float>(i % 17) / 17);
        }
        cuda.toDevice(image, input.data(), pixels * 4);
        context->setInputShape("image", dimsOf({1, 3, height, width}));
        context->setTensorAddress("image", reinterpret_cast<void *>(image));
        context->setTensorAddress("picture", reinterpret_cast<void *>(picture));
        context->setTensorAddress("mean", reinterpret_cast<void *>(mean));
        context->setTensorAddress("label", reinterpret_cast<void *>(label));
    }
    ~Run() {
        context.reset();
        cuda.streamDestroy(stream);
        for (const Address address : {image, picture, mean, label}) {
            cuda.release_memory(address);
        }
    }
    double once() {
        const double start = nowMs();
        CHECK(context->enqueueV3(static_cast<cudaStream_t>(stream)));
        CHECK(cuda.synchronize(stream) == 0);
        return nowMs() - start;
    }
};

void running(IRuntime &runtime, const char *path, const char *) {
    Reader reader(path);
    Engine engine(runtime.deserializeCudaEngine(reader));
    CHECK(engine != nullptr);
    const int64_t height = 16;
    const int64_t width = 24;
    {
        Run run(*engine, nullptr, height, width);
        run.once();
        std::vector<float> picture(static_cast<size_t>(3 * height * width));
        std::vector<float> mean(3);
        int64_t label = -1;
        CHECK(cuda.toHost(picture.data(), run.picture, picture.size() * 4) == 0);
        CHECK(cuda.toHost(mean.data(), run.mean, 12) == 0);
        CHECK(cuda.toHost(&label, run.label, 8) == 0);
        double sum = 0;
        for (int64_t i = 0; i < height * width; ++i) {
            sum += static_cast<double>(picture[static_cast<size_t>(i)]);
        }
        CHECK(std::fabs(sum / static_cast<double>(height * width) - static_cast<double>(mean[0])) < 1e-5);
        CHECK(mean[static_cast<size_t>(label)] >= mean[0] && mean[static_cast<size_t>(label)] >= mean[2]);
        CHECK(picture[30] > 0 && picture[30] < 2);

        /* Work happens when it is waited for, and takes its time. */
        void *pinned = nullptr;
        CHECK(cuda.allocHost(&pinned, 8) == 0);
        std::memset(pinned, 0x55, 8);
        void *events[2];
        cuda.eventCreate(&events[0], 0);
        cuda.eventCreate(&events[1], 0);
        CHECK(cuda.record(events[0], run.stream) == 0);
        CHECK(run.context->enqueueV3(static_cast<cudaStream_t>(run.stream)));
        CHECK(cuda.record(events[1], run.stream) == 0);
        CHECK(cuda.toHostAsync(pinned, run.label, 8, run.stream) == 0);
        CHECK(cuda.query(run.stream) == 600);
        CHECK(static_cast<char *>(pinned)[0] == 0x55);
        float elapsed = 0;
        CHECK(cuda.elapsed(&elapsed, events[0], events[1]) == 600);
        CHECK(cuda.synchronize(run.stream) == 0);
        CHECK(std::memcmp(pinned, &label, 8) == 0);
        CHECK(cuda.elapsed(&elapsed, events[0], events[1]) == 0);
        CHECK(elapsed > 0.5f && elapsed < 50);
        cuda.freeHost(pinned);

        /* Shapes and addresses. */
        logger.errors();
        CHECK(!run.context->setInputShape("image", dimsOf({1, 3, 100000, 24})));
        CHECK(!run.context->setInputShape("image", dimsOf({1, 4, 16, 24})));
        CHECK(!run.context->setInputShape("image", dimsOf({1, 3, 16})));
        CHECK(!run.context->setInputShape("picture", dimsOf({1, 3, 16, 24})));
        CHECK(logger.errors() == 4);
        CHECK(run.context->setInputShape("image", dimsOf({2, 3, 16, 24})));
        CHECK(same(run.context->getTensorShape("picture"), dimsOf({2, 3, 16, 24})));
        CHECK(!run.context->enqueueV3(static_cast<cudaStream_t>(run.stream)));
        CHECK(logger.errors() == 1); /* the buffers are too small */
        CHECK(!run.context->setOptimizationProfileAsync(7, static_cast<cudaStream_t>(run.stream)));
        CHECK(logger.errors() == 1);
    }
    {
        Context context(engine->createExecutionContext());
        const char *missing[2];
        CHECK(context->inferShapes(2, missing) == 1);
        CHECK(std::strcmp(missing[0], "image") == 0);
        CHECK(!context->enqueueV3(nullptr));
        CHECK(logger.errors() == 1);
    }
    /* The runtime cache saves the compilation. */
    std::unique_ptr<IRuntimeConfig> config(engine->createRuntimeConfig());
    std::unique_ptr<IRuntimeCache> cache(config->createRuntimeCache());
    CHECK(config->setRuntimeCache(*cache));
    double cold = 0;
    {
        Run run(*engine, config.get(), height, width);
        cold = run.once();
        CHECK(cold > run.once() + 20);
    }
    std::unique_ptr<IHostMemory> bytes(cache->serialize());
    std::unique_ptr<IRuntimeCache> again(config->createRuntimeCache());
    CHECK(again->deserialize(bytes->data(), bytes->size()));
    CHECK(config->setRuntimeCache(*again));
    {
        Run run(*engine, config.get(), height, width);
        CHECK(run.once() + 20 < cold);
    }
    std::string damaged(static_cast<const char *>(bytes->data()), bytes->size());
    damaged[damaged.size() / 2] ^= 1;
    logger.errors();
    CHECK(!again->deserialize(damaged.data(), damaged.size()));
    CHECK(!again->deserialize("junk", 4));
    CHECK(logger.errors() == 2);
    /* Less budget takes longer. */
    double times[2];
    for (const int i : {0, 1}) {
        CHECK(engine->setWeightStreamingBudgetV2(i == 0 ? engine->getStreamableWeightsSize() : 0));
        Run run(*engine, config.get(), 64, 64);
        run.once();
        times[i] = run.once();
    }
    CHECK(times[1] > 1.5 * times[0]);
    /* Each layer is told to the profiler. */
    struct Profiler : IProfiler {
        void reportLayerTime(const char *, float ms) noexcept override {
            ++count;
            sum += ms;
        }
        int count = 0;
        float sum = 0;
    } profiler;
    Run run(*engine, config.get(), 64, 64);
    run.context->setProfiler(&profiler);
    run.once();
    CHECK(profiler.count == engine->getNbLayers());
    CHECK(profiler.sum > 1);
    run.context->setProfiler(nullptr);
}

/* What the configuration makes fail, and what is said of it: the lines go to the caller. */
void attempt(IRuntime &runtime, const char *path, const char *) {
    Reader reader(path);
    Engine engine(runtime.deserializeCudaEngine(reader));
    std::printf("engine %d\n", engine != nullptr);
    if (engine) {
        Run run(*engine, nullptr, 64, 64);
        std::printf("context %d\n", run.context != nullptr);
        for (int i = 0; run.context && i < 5; ++i) {
            const bool enqueued = run.context->enqueueV3(static_cast<cudaStream_t>(run.stream));
            std::printf("enqueue %d synchronize %d\n", enqueued, cuda.synchronize(run.stream));
        }
    }
    for (const std::string &line : logger.lines) {
        std::printf("%s\n", line.c_str());
    }
}

/* Runs an inference with the bytes of FOLDER/image.bin (and size.bin) and leaves NAME.bin of each output there. */
void dump(IRuntime &runtime, const char *path, const char *folder) {
    Reader reader(path);
    Engine engine(runtime.deserializeCudaEngine(reader));
    Context context(engine->createExecutionContext());
    context->setInputShape("image", dimsOf({1, 3, 64, 64}));
    std::vector<std::pair<std::string, Address>> outputs;
    std::vector<char> host;
    for (int32_t i = 0; i < engine->getNbIOTensors(); ++i) {
        const char *name = engine->getIOTensorName(i);
        const std::string file = std::string(folder) + "/" + name + ".bin";
        Address address = 0;
        std::ifstream in(file, std::ios::binary);
        std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (engine->getTensorLocation(name) == TensorLocation::kHOST) {
            host = bytes;
            CHECK(context->setTensorAddress(name, host.data()));
            continue;
        }
        const bool input = engine->getTensorIOMode(name) == TensorIOMode::kINPUT;
        const auto size = input ? bytes.size() : static_cast<size_t>(context->getMaxOutputSize(name));
        cuda.alloc(&address, size);
        if (input) {
            cuda.toDevice(address, bytes.data(), size);
        } else {
            outputs.emplace_back(file, address);
            outputs.back().first += "," + std::to_string(size);
        }
        CHECK(context->setTensorAddress(name, reinterpret_cast<void *>(address)));
    }
    CHECK(context->enqueueV3(nullptr));
    CHECK(cuda.synchronize(nullptr) == 0);
    for (const auto &[label, address] : outputs) {
        const size_t comma = label.rfind(',');
        std::vector<char> bytes(std::stoul(label.substr(comma + 1)));
        CHECK(cuda.toHost(bytes.data(), address, bytes.size()) == 0);
        std::ofstream(label.substr(0, comma), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
}

void inspecting(IRuntime &runtime, const char *path, const char *) {
    Reader reader(path);
    Engine engine(runtime.deserializeCudaEngine(reader));
    std::unique_ptr<IEngineInspector> inspector(engine->createEngineInspector());
    std::printf("%s\n", inspector->getEngineInformation(LayerInformationFormat::kJSON));
}

void validity(IRuntime &runtime, const char *path, const char *) {
    std::ifstream file(path, std::ios::binary);
    char header[64] = {};
    file.read(header, 64);
    uint64_t diagnostics = 0;
    const auto answer = runtime.getEngineValidity(header, file.gcount(), &diagnostics);
    std::printf("%d %llu\n", static_cast<int>(answer), static_cast<unsigned long long>(diagnostics));
}

} // namespace

int main(int count, char **arguments) {
    if (count < 4) {
        return 2;
    }
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (library == nullptr) {
        std::printf("%s\n", dlerror());
        return 2;
    }
    const auto create = reinterpret_cast<void *(*)(void *, int32_t)>(dlsym(library, "createInferRuntime_INTERNAL"));
    const std::string group = arguments[2];
    std::unique_ptr<IRuntime> runtime(static_cast<IRuntime *>(create(&logger, NV_TENSORRT_VERSION)));
    if (!runtime) {
        return 2;
    }
    CHECK(create(&logger, 10400) == nullptr);
    CHECK(logger.errors() == 1);
    if (group == "validity") {
        validity(*runtime, arguments[3], nullptr);
        return 0;
    }
    openCuda();
    void *context = nullptr;
    const int started = cuda.init(0) == 0 ? cuda.retain(&context, 0) : 1;
    if (started != 0) {
        std::printf("CUDA does not start: %d\n", started);
        return 1;
    }
    cuda.setCurrent(context);
    const char *second = count > 4 ? arguments[4] : nullptr;
    if (group == "budgets") {
        budgets(*runtime, arguments[3], second);
    } else if (group == "running") {
        running(*runtime, arguments[3], second);
    } else if (group == "dump") {
        dump(*runtime, arguments[3], second);
    } else if (group == "inspecting") {
        inspecting(*runtime, arguments[3], second);
        return 0;
    } else {
        attempt(*runtime, arguments[3], second);
        return 0;
    }
    CHECK(logger.unmarked == 0);
    runtime.reset();
    std::printf("%d checked\n", checked);
    return wrong == 0 ? 0 : 1;
}
