#include "engine.h"

#include "failure.h"
#include "streamReader.h"

#include "NvInferVersion.h"

#include <cstring>

namespace engine_shim {

namespace {

using nvinfer1::OptProfileSelector;

struct TypeFacts {
    const char *name;
    int32_t bits;
};
/* In the order of nvinfer1::DataType. */
constexpr TypeFacts types[] = {{"FLOAT", 32}, {"HALF", 16}, {"INT8", 8}, {"INT32", 32}, {"BOOL", 8}, {"UINT8", 8},
                               {"FP8", 8},    {"BF16", 16}, {"INT64", 64}, {"INT4", 4}, {"FP4", 4},  {"E8M0", 8}};
static_assert(static_cast<int32_t>(nvinfer1::DataType::kINT64) == 8 && static_cast<int32_t>(nvinfer1::DataType::kFP4) == 10);

const TypeFacts *factsOf(int32_t type) noexcept {
    return type >= 0 && type < static_cast<int32_t>(std::size(types)) ? &types[type] : nullptr;
}

std::string textOf(const char *text) { return text == nullptr ? std::string() : std::string(text); }

std::optional<ValueRange> profileShape(const nvinfer1::ICudaEngine &engine, const char *name, int32_t profile) {
    const auto ask = [&](OptProfileSelector which) { return engine.getProfileShape(name, profile, which); };
    const nvinfer1::Dims min = ask(OptProfileSelector::kMIN);
    const nvinfer1::Dims opt = ask(OptProfileSelector::kOPT);
    const nvinfer1::Dims max = ask(OptProfileSelector::kMAX);
    if (min.nbDims < 0 || opt.nbDims < 0 || max.nbDims < 0) {
        return std::nullopt;
    }
    return ValueRange{shapeOf(min), shapeOf(opt), shapeOf(max)};
}

/* elements: how many values the shape tensor has. */
std::optional<ValueRange> profileValues(const nvinfer1::ICudaEngine &engine, const char *name, int32_t profile,
                                        int64_t elements) {
    constexpr int64_t most = 4096; /* a shape tensor has a few */
    if (elements < 0 || elements > most) {
        return std::nullopt;
    }
    const auto ask = [&](OptProfileSelector which) { return engine.getProfileTensorValuesV2(name, profile, which); };
    const int64_t *min = ask(OptProfileSelector::kMIN);
    const int64_t *opt = ask(OptProfileSelector::kOPT);
    const int64_t *max = ask(OptProfileSelector::kMAX);
    if (min == nullptr || opt == nullptr || max == nullptr) {
        return std::nullopt;
    }
    return ValueRange{{min, min + elements}, {opt, opt + elements}, {max, max + elements}};
}

} // namespace

std::vector<int64_t> shapeOf(const nvinfer1::Dims &dims) {
    const int32_t rank = std::clamp<int32_t>(dims.nbDims, 0, nvinfer1::Dims::MAX_DIMS);
    return {dims.d, dims.d + rank};
}

std::string shapeText(const std::vector<int64_t> &shape) {
    std::string text = "[";
    for (const int64_t size : shape) {
        text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
    }
    return text + "]";
}

int64_t volumeOf(const std::vector<int64_t> &shape) noexcept {
    constexpr int64_t most = INT64_MAX / 64; /* so that bits of it can be counted */
    int64_t volume = 1;
    bool isEmpty = false;
    for (const int64_t size : shape) {
        if (size < 0) {
            return -1;
        }
        isEmpty = isEmpty || size == 0;
    }
    if (isEmpty) {
        return 0;
    }
    for (const int64_t size : shape) {
        if (volume > most / size) {
            return -1;
        }
        volume *= size;
    }
    return volume;
}

int64_t bytesOf(int64_t elements, int32_t type) noexcept {
    const TypeFacts *facts = factsOf(type);
    return facts == nullptr || elements < 0 ? -1 : (elements * facts->bits + 7) / 8;
}

std::string typeText(int32_t type) {
    const TypeFacts *facts = factsOf(type);
    return facts == nullptr ? "type " + std::to_string(type) : facts->name;
}

/* Weights that the GPU must hold, as the header says; 0 where they are streamed, or where nothing can be read. */
int64_t weightBytesOf(EngineFile &file) noexcept {
    int64_t header[8] = {};
    const bool isRead = file.read(header, sizeof(header), nullptr) == static_cast<int64_t>(sizeof(header));
    return file.seek(0, SeekFrom::start) && isRead ? header[7] : 0;
}

bool canDefer(nvinfer1::IRuntime &runtime, bool defers) noexcept {
#if TRT_MINOR_RTX >= 6
    runtime.setDeferredWeightsLoading(defers);
    return true;
#else
    (void)runtime;
    (void)defers;
    return false;
#endif
}

EngineSession::EngineSession(nvinfer1::IRuntime &runtime, const std::string &path, const Job &job, Stages &stages,
                             LibraryErrors &errors, WeightsUse use) {
    stages.begin("read");
    EngineFile file(path);
    if (file.size() == 0) {
        throw Failure(ES_FILE_ERROR, "Cannot read the engine " + path + ": it is empty.");
    }
    stages.begin("deserialize", Stages::wholeStage);
    auto driver = CudaDriver::open();
    gpu = driver->deviceFacts();
    mCuda = std::make_unique<CudaContext>(std::move(driver));
    freeBefore = mCuda->freeMemory();
    job.stopIfCancelled();
    file.attend(*mCuda, job, stages);
    isDeferred = use == WeightsUse::maybeNone && freeBefore >= 0 && weightBytesOf(file) > freeBefore &&
                 canDefer(runtime, true);
    StreamReader reader(file);
    const int64_t start = monotonicNow();
    mEngine.reset(runtime.deserializeCudaEngine(reader));
    loadNs = monotonicNow() - start;
    if (isDeferred) {
        canDefer(runtime, false);
    }
    if (!mEngine) {
        job.stopIfCancelled();
        file.rethrowFailure();
        throw errors.failure("TensorRT-RTX could not load the engine " + path, mCuda->brokenBy());
    }
    stages.progress(1);
    freeLoaded = mCuda->freeMemory();
    profileCount = std::max(mEngine->getNbOptimizationProfiles(), 0);
    streamable = std::max<int64_t>(mEngine->getStreamableWeightsSize(), 0);
    if (streamable > 0) {
        defaultBudget = mEngine->getWeightStreamingBudgetV2();
    }
    readTensors();
}

void EngineSession::readTensors() {
    const nvinfer1::ICudaEngine &engine = *mEngine;
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
        const char *name = engine.getIOTensorName(i);
        if (name == nullptr) {
            continue;
        }
        TensorInfo tensor;
        tensor.name = name;
        tensor.mode = static_cast<int32_t>(engine.getTensorIOMode(name));
        tensor.type = static_cast<int32_t>(engine.getTensorDataType(name));
        tensor.shape = shapeOf(engine.getTensorShape(name));
        for (int32_t profile = 0; profile < std::max(profileCount, 1); ++profile) {
            tensor.formats.push_back(textOf(engine.getTensorFormatDesc(name, profile)));
            tensor.linears.push_back(engine.getTensorFormat(name, profile) == nvinfer1::TensorFormat::kLINEAR);
        }
        tensor.aliasOf = tensor.isInput() ? "" : textOf(engine.getAliasedInputTensor(name));
        tensor.location = static_cast<int32_t>(engine.getTensorLocation(name));
        tensor.isShapeTensor = engine.isShapeInferenceIO(name);
        for (int32_t profile = 0; profile < profileCount; ++profile) {
            const bool isInput = tensor.isInput();
            tensor.profiles.push_back(isInput ? profileShape(engine, name, profile) : std::nullopt);
            tensor.profileValues.push_back(
                isInput && tensor.isShapeTensor ? profileValues(engine, name, profile, volumeOf(tensor.shape))
                                                : std::nullopt);
        }
        tensors.push_back(std::move(tensor));
    }
}

void withReport(RunContext &context, size_t headSize, const std::function<void(Stages &, LibraryErrors &)> &work) {
    LibraryErrors errors(context.log);
    const ThreadLogScope threadScope(&errors);
    const ProcessLogScope processScope(&errors);
    Stages stages(context.phases);
    CudaStatus cuda = 0;
    try {
        try {
            work(stages, errors);
            return;
        } catch (const CudaFailure &failure) {
            cuda = failure.cuda();
            throw;
        }
    } catch (...) {
        const std::string json = failureJson(stages.name(), cuda);
        auto &result = context.job.result();
        result.assign((headSize + json.size() + 7) / 8 * 8, 0);
        const uint64_t length = json.size();
        std::memcpy(result.data(), &length, sizeof(length));
        std::memcpy(result.data() + headSize, json.data(), json.size());
        throw;
    }
}

} // namespace engine_shim
