#include "builder.h"

#include "engineWriter.h"
#include "externalData.h"
#include "failure.h"
#include "logger.h"
#include "progress.h"
#include "events.h"

#include "NvInferVersion.h"
#include "NvOnnxParser.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace engine_shim {

namespace {

using nvinfer1::Dims;
using nvinfer1::OptProfileSelector;

using CreateParser = void *(*)(void *network, void *logger, int version);

#define ES_TEXT_OF(x) #x
#define ES_TEXT(x) ES_TEXT_OF(x)
#if defined(_WIN32)
constexpr const char *parserNames[] = {
    "tensorrt_onnxparser_rtx_" ES_TEXT(TRT_MAJOR_RTX) "_" ES_TEXT(TRT_MINOR_RTX) ".dll"};
#else
constexpr const char *parserNames[] = {"libtensorrt_onnxparser_rtx.so.1", "libtensorrt_onnxparser_rtx.so"};
#endif

/* protobuf cannot read a message of 2 GiB or more, and an ONNX file is one message. */
constexpr uint64_t largestModel = 0x7fffffff;

/* In the order of nvonnxparser::ErrorCode. */
constexpr const char *parserErrorNames[] = {
    "kSUCCESS",           "kINTERNAL_ERROR",      "kMEM_ALLOC_FAILED",       "kMODEL_DESERIALIZE_FAILED",
    "kINVALID_VALUE",     "kINVALID_GRAPH",       "kINVALID_NODE",           "kUNSUPPORTED_GRAPH",
    "kUNSUPPORTED_NODE",  "kUNSUPPORTED_NODE_ATTR", "kUNSUPPORTED_NODE_INPUT", "kUNSUPPORTED_NODE_DATATYPE",
    "kUNSUPPORTED_NODE_DYNAMIC", "kUNSUPPORTED_NODE_SHAPE", "kREFIT_FAILED"};

std::string textOf(const char *text) { return text == nullptr ? std::string() : std::string(text); }

template <typename Values> std::string shapeText(const Values *values, size_t count) {
    std::string text = "[";
    for (size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
    }
    return text + "]";
}
std::string shapeText(const std::vector<int64_t> &values) { return shapeText(values.data(), values.size()); }
std::string shapeText(const Dims &dims) { return shapeText(dims.d, static_cast<size_t>(std::max(dims.nbDims, 0))); }

std::string nameOf(const std::vector<NamedValue> &known, int32_t value) {
    for (const NamedValue &entry : known) {
        if (entry.value == value) {
            return entry.name;
        }
    }
    return std::to_string(value);
}

/*
 * From 1.5 on every network is strongly typed: the types are those of the ONNX file. 1.4 still asks which way; it is
 * built the same way, unless a flag wants the older one, in which the builder may choose among types.
 */
nvinfer1::NetworkDefinitionCreationFlags networkFlags(const BuildRequest &request) {
#if TRT_MINOR_RTX <= 4
    for (const char *name : {"kFP16", "kBF16", "kFP8", "kINT8", "kINT4", "kFP4"}) {
        for (const int32_t flag : request.flags) {
            if (nameOf(builderFlags(), flag) == name) {
                return 0;
            }
        }
    }
    return 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
    (void)request;
    return 0;
#endif
}

/* Says what is wrong with the model file before anything slow begins. */
void checkModelFile(const std::string &path) {
    uint8_t firstByte = 0;
    const FileHead head = readFileHead(path.c_str(), &firstByte, 1);
    if (head.type == ES_FILE_DIRECTORY) {
        throw Failure(ES_FILE_ERROR, "Cannot read the model " + path + ": it is a folder.");
    }
    if (head.systemError != 0) {
        throw Failure(ES_FILE_ERROR, "Cannot read the model " + path + ": " + systemErrorText(head.systemError) + ".");
    }
    if (head.type != ES_FILE_REGULAR) {
        throw Failure(ES_FILE_ERROR, "Cannot read the model " + path + ": it is not a regular file.");
    }
    if (head.size == 0) {
        throw Failure(ES_MODEL_REJECTED, "The model " + path + " is empty.");
    }
    if (head.size > largestModel) {
        throw Failure(ES_MODEL_REJECTED, "The model " + path + " has " + std::to_string(head.size) +
                                             " bytes; an ONNX file of 2 GiB or more cannot be read. Save its weights as "
                                             "external data.");
    }
}

SharedLibrary openParser(const std::string &libraryPath) {
    std::string reasons;
    /* Beside the path that was given, then beside the file that a link leads to. */
    const std::string given = directoryOf(libraryPath);
    const std::string resolved = directoryOf(resolvedPath(libraryPath));
    for (const std::string &directory : {given, resolved}) {
        for (const char *name : parserNames) {
            std::string why;
            SharedLibrary parser = SharedLibrary::openFile(directory + name, why);
            if (parser) {
                return parser;
            }
            reasons += (reasons.empty() ? "" : "; ") + why;
        }
        if (resolved == given) {
            break;
        }
    }
    throw Failure(ES_LIBRARY_NOT_LOADED, "Cannot load the ONNX parser beside " + libraryPath + ": " + reasons + ".");
}

/* The model's own functions that the node is in, outermost first: " in function a > b". */
std::string functionsText(const nvonnxparser::IParserError &error) {
    std::string text;
    const char *const *functions = error.localFunctionStack();
    for (int32_t i = 0; functions != nullptr && i < error.localFunctionStackSize(); ++i) {
        text += (i == 0 ? " in function " : " > ") + textOf(functions[i]);
    }
    return text;
}

std::string describe(const nvonnxparser::IParserError &error) {
    std::string text;
    if (error.node() >= 0) {
        text += "Node " + std::to_string(error.node());
        const std::string name = textOf(error.nodeName());
        const std::string type = textOf(error.nodeOperator());
        text += name.empty() ? "" : " \"" + name + "\"";
        text += type.empty() ? "" : " (" + type + ")";
        text += functionsText(error);
        text += ": ";
    }
    const std::string reason = textOf(error.desc());
    text += reason.empty() ? "no reason was given" : reason;
    const auto code = static_cast<size_t>(error.code());
    constexpr size_t known = sizeof(parserErrorNames) / sizeof(parserErrorNames[0]);
    text += " [" + (code < known ? std::string(parserErrorNames[code]) : "error " + std::to_string(code)) + "]";
    return text;
}

/* The network's weights live in the parser or in here: it must outlive the build. */
struct ParsedModel {
    std::vector<std::vector<uint8_t>> weights;
    std::unique_ptr<nvonnxparser::IParser> parser; /* the first to go */
};

std::vector<uint8_t> readPart(const InputFile &file, const char *what, uint64_t offset, uint64_t size) {
    std::vector<uint8_t> bytes(static_cast<size_t>(size));
    int32_t error = 0;
    const int64_t got = file.read(bytes.data(), bytes.size(), offset, error);
    if (got != static_cast<int64_t>(bytes.size())) {
        throw Failure(ES_FILE_ERROR, std::string("Cannot read the ") + what + " " + file.path() + ": " +
                                         (got < 0 ? systemErrorText(error) : "it is shorter than it was") + ".");
    }
    return bytes;
}

/* The parser opens files with the C library's functions, for which some paths do not exist (Windows). */
bool parserFindsFiles(const std::string &model, const std::vector<ExternalTensor> &external) {
    return isPlainPath(model) && std::all_of(external.begin(), external.end(), [&](const ExternalTensor &tensor) {
        return isPlainPath(joinPath(directoryOf(model), tensor.location));
    });
}

/* Gives the parser what it cannot open: the model and the weights beside it. */
bool parseFromMemory(const InputFile &model, const std::vector<ExternalTensor> &external, ParsedModel &parsed) {
    {
        const std::vector<uint8_t> bytes = readPart(model, "model", 0, model.size());
        if (!parsed.parser->loadModelProto(bytes.data(), bytes.size(), nullptr)) {
            return false;
        }
    }
    for (const ExternalTensor &tensor : external) {
        const InputFile file(externalDataPath(model.path(), tensor), "model's data");
        const uint64_t rest = file.size() - std::min(file.size(), tensor.offset);
        const uint64_t size = tensor.length.value_or(rest);
        if (size > rest) {
            throw Failure(ES_MODEL_REJECTED, "The weights \"" + tensor.name + "\" of " + model.path() +
                                                 " lie beyond the end of " + file.path() + ".");
        }
        parsed.weights.push_back(readPart(file, "model's data", tensor.offset, size));
        const std::vector<uint8_t> &bytes = parsed.weights.back();
        if (!parsed.parser->loadInitializer(tensor.name.c_str(), bytes.data(), bytes.size())) {
            return false;
        }
    }
    return parsed.parser->parseModelProto();
}

ParsedModel parseModel(const BuildRequest &request, const std::string &libraryPath,
                                                  nvinfer1::INetworkDefinition &network, BuildContext &context) {
    SharedLibrary library = openParser(libraryPath);
    const auto create = library.function<CreateParser>("createNvOnnxParser_INTERNAL");
    if (create == nullptr) {
        throw Failure(ES_NOT_TENSORRT_RTX, "The ONNX parser beside " + libraryPath + " is not TensorRT-RTX's.");
    }
    library.keepOpen();
    ParsedModel model;
    model.parser.reset(
        static_cast<nvonnxparser::IParser *>(create(&network, &processLogger(), NV_ONNX_PARSER_VERSION)));
    nvonnxparser::IParser *const parser = model.parser.get();
    if (parser == nullptr) {
        throw Failure(ES_RUNTIME_FAILED, "The ONNX parser beside " + libraryPath + " could not be started: " +
                                             context.firstError());
    }
    constexpr auto verbosity = static_cast<int>(nvinfer1::ILogger::Severity::kINFO);
    bool parsed = false;
    {
        const InputFile file(request.model, "model");
        /* Where every path is a plain one, weights beside the model are the parser's business. */
        const std::vector<ExternalTensor> external =
            pathsAreAlwaysPlain ? std::vector<ExternalTensor>() : externalTensors(file);
        parsed = parserFindsFiles(request.model, external)
                     ? parser->parseFromFile(request.model.c_str(), verbosity)
                     : parseFromMemory(file, external, model);
    }
    std::string first;
    for (int i = 0; i < parser->getNbErrors(); ++i) {
        const nvonnxparser::IParserError *error = parser->getError(i);
        if (error == nullptr) {
            continue;
        }
        const std::string text = describe(*error);
        context.log.line(static_cast<int>(nvinfer1::ILogger::Severity::kERROR), text);
        if (first.empty()) {
            first = text;
        }
    }
    if (!parsed) {
        if (first.empty()) {
            first = context.firstError();
        }
        throw Failure(ES_MODEL_REJECTED, "The ONNX parser refused " + request.model +
                                             (first.empty() ? "." : ": " + first));
    }
    if (network.getNbOutputs() == 0) {
        /* protobuf reads much as an empty message: text, zeros. */
        throw Failure(ES_MODEL_REJECTED, request.model + " holds no ONNX graph with outputs; it may be no ONNX file.");
    }
    return model;
}

void applyFlags(const BuildRequest &request, nvinfer1::IBuilderConfig &config) {
    for (const int32_t value : request.flags) {
        const auto flag = static_cast<nvinfer1::BuilderFlag>(value);
        config.setFlag(flag);
        if (!config.getFlag(flag)) {
            throw Failure(ES_INVALID_ARGUMENT,
                          "TensorRT-RTX did not accept the builder flag " + nameOf(builderFlags(), value) + ".");
        }
    }
    for (const int32_t value : request.clearedFlags) {
        const auto flag = static_cast<nvinfer1::BuilderFlag>(value);
        config.clearFlag(flag);
        if (config.getFlag(flag)) {
            throw Failure(ES_INVALID_ARGUMENT,
                          "TensorRT-RTX did not switch off the builder flag " + nameOf(builderFlags(), value) + ".");
        }
    }
}

void applyComputeCapabilities(const BuildRequest &request, nvinfer1::IBuilderConfig &config, BuildContext &context) {
    const std::vector<int32_t> &wanted = request.computeCapabilities;
    if (wanted.empty()) {
        return;
    }
    constexpr auto current = static_cast<int32_t>(nvinfer1::ComputeCapability::kCURRENT);
    if (wanted.size() > 1 && std::find(wanted.begin(), wanted.end(), current) != wanted.end()) {
        throw Failure(ES_INVALID_ARGUMENT, "The compute capability of this machine's GPU cannot be combined with others.");
    }
    bool accepted = config.setNbComputeCapabilities(static_cast<int32_t>(wanted.size()));
    for (size_t i = 0; accepted && i < wanted.size(); ++i) {
        accepted = config.setComputeCapability(static_cast<nvinfer1::ComputeCapability>(wanted[i]),
                                               static_cast<int32_t>(i));
        if (!accepted) {
            throw Failure(ES_RUNTIME_FAILED, "TensorRT-RTX did not accept the compute capability " +
                                                 nameOf(computeCapabilities(), wanted[i]) + ": " +
                                                 context.firstError());
        }
    }
    if (!accepted) {
        throw Failure(ES_RUNTIME_FAILED, "TensorRT-RTX did not accept the compute capabilities: " + context.firstError());
    }
}

void applyPoolLimits(const BuildRequest &request, nvinfer1::IBuilderConfig &config, BuildContext &context) {
    for (const auto &[value, bytes] : request.poolLimits) {
        const auto pool = static_cast<nvinfer1::MemoryPoolType>(value);
        config.setMemoryPoolLimit(pool, static_cast<size_t>(bytes));
        if (config.getMemoryPoolLimit(pool) != bytes) {
            throw Failure(ES_RUNTIME_FAILED, "TensorRT-RTX did not accept " + std::to_string(bytes) + " bytes for " +
                                                 nameOf(memoryPools(), value) + ". " + context.firstError());
        }
    }
}

/* Profiles against the model, in words: the library's own sentences name neither input nor dimension. */
class ProfileCheck {
public:
    ProfileCheck(const BuildRequest &request, const nvinfer1::INetworkDefinition &network)
        : mRequest(request), mNetwork(network) {}

    const nvinfer1::ITensor *input(const std::string &name) const {
        for (int32_t i = 0; i < mNetwork.getNbInputs(); ++i) {
            const nvinfer1::ITensor *tensor = mNetwork.getInput(i);
            if (name == textOf(tensor->getName())) {
                return tensor;
            }
        }
        return nullptr;
    }

    void run() const {
        for (size_t p = 0; p < mRequest.profiles.size(); ++p) {
            for (const auto &[name, range] : mRequest.profiles[p]) {
                checkRange("Profile " + std::to_string(p) + ", input \"" + name + "\"", name, range);
            }
        }
        for (int32_t i = 0; i < mNetwork.getNbInputs(); ++i) {
            checkCovered(*mNetwork.getInput(i));
        }
    }

private:
    [[noreturn]] static void fail(const std::string &sentence) { throw Failure(ES_INVALID_ARGUMENT, sentence); }

    static bool isDynamic(const nvinfer1::ITensor &tensor) {
        const Dims dims = tensor.getDimensions();
        return std::any_of(dims.d, dims.d + std::max(dims.nbDims, 0), [](int64_t size) { return size < 0; });
    }

    void checkRange(const std::string &where, const std::string &name, const ShapeRange &range) const {
        const nvinfer1::ITensor *tensor = input(name);
        if (tensor == nullptr) {
            std::string known;
            for (int32_t i = 0; i < mNetwork.getNbInputs(); ++i) {
                known += (i == 0 ? "" : ", ") + textOf(mNetwork.getInput(i)->getName());
            }
            fail(where + ": the model has no such input; it has " + (known.empty() ? "none" : known) + ".");
        }
        const size_t rank = range.min.size();
        if (rank > static_cast<size_t>(Dims::MAX_DIMS)) {
            fail(where + ": " + std::to_string(rank) + " dimensions are more than TensorRT-RTX can have.");
        }
        for (size_t d = 0; d < rank; ++d) {
            if (range.min[d] > range.opt[d] || range.opt[d] > range.max[d]) {
                fail(where + ": min " + shapeText(range.min) + ", opt " + shapeText(range.opt) + " and max " +
                     shapeText(range.max) + " must not fall; dimension " + std::to_string(d) + " does.");
            }
        }
        if (tensor->isShapeTensor()) {
            return; /* values, not dimensions: any number may be right */
        }
        const Dims dims = tensor->getDimensions();
        if (dims.nbDims >= 0 && static_cast<size_t>(dims.nbDims) != rank) {
            fail(where + ": " + std::to_string(rank) + " dimensions were given, the model's shape " + shapeText(dims) +
                 " has " + std::to_string(dims.nbDims) + ".");
        }
        for (size_t d = 0; d < rank; ++d) {
            if (range.min[d] < 0) {
                fail(where + ": dimension " + std::to_string(d) + " is negative in " + shapeText(range.min) + ".");
            }
            if (dims.d[d] >= 0 && (range.min[d] != dims.d[d] || range.max[d] != dims.d[d])) {
                fail(where + ": dimension " + std::to_string(d) + " is " + std::to_string(dims.d[d]) +
                     " in the model and cannot be " + std::to_string(range.min[d]) + " to " +
                     std::to_string(range.max[d]) + ".");
            }
        }
    }

    void checkCovered(const nvinfer1::ITensor &tensor) const {
        const bool isValues = tensor.isShapeTensor();
        if (!isValues && !isDynamic(tensor)) {
            return;
        }
        const std::string name = textOf(tensor.getName());
        const std::string what = "input \"" + name + "\" has the " + (isValues ? "shape " : "dynamic shape ") +
                                 shapeText(tensor.getDimensions()) +
                                 (isValues ? ", holds values that shapes are computed with" : "");
        if (mRequest.profiles.empty()) {
            fail("The model's " + what + " and needs an optimization profile with its min, opt and max " +
                 (isValues ? "values." : "shape."));
        }
        for (size_t p = 0; p < mRequest.profiles.size(); ++p) {
            if (mRequest.profiles[p].count(name) == 0) {
                fail("The model's " + what + " and is missing in profile " + std::to_string(p) + ".");
            }
        }
    }

    const BuildRequest &mRequest;
    const nvinfer1::INetworkDefinition &mNetwork;
};

Dims toDims(const std::vector<int64_t> &values) {
    Dims dims{};
    dims.nbDims = static_cast<int32_t>(values.size());
    std::copy(values.begin(), values.end(), dims.d);
    return dims;
}

void applyProfiles(const BuildRequest &request, nvinfer1::IBuilder &builder,
                   const nvinfer1::INetworkDefinition &network, nvinfer1::IBuilderConfig &config,
                   BuildContext &context) {
    const ProfileCheck check(request, network);
    check.run();
    for (size_t p = 0; p < request.profiles.size(); ++p) {
        nvinfer1::IOptimizationProfile *profile = builder.createOptimizationProfile();
        bool accepted = profile != nullptr;
        for (const auto &[name, range] : request.profiles[p]) {
            const std::pair<OptProfileSelector, const std::vector<int64_t> *> parts[] = {
                {OptProfileSelector::kMIN, &range.min},
                {OptProfileSelector::kOPT, &range.opt},
                {OptProfileSelector::kMAX, &range.max}};
            const bool isValues = check.input(name)->isShapeTensor();
            for (const auto &[selector, values] : parts) {
                accepted = accepted && (isValues ? profile->setShapeValuesV2(name.c_str(), selector, values->data(),
                                                                             static_cast<int32_t>(values->size()))
                                                 : profile->setDimensions(name.c_str(), selector, toDims(*values)));
            }
            if (!accepted) {
                throw Failure(ES_INVALID_ARGUMENT, "TensorRT-RTX did not accept profile " + std::to_string(p) +
                                                       ", input \"" + name + "\": " + context.firstError());
            }
        }
        if (!accepted || config.addOptimizationProfile(profile) < 0) {
            throw Failure(ES_INVALID_ARGUMENT,
                          "TensorRT-RTX did not accept profile " + std::to_string(p) + ": " + context.firstError());
        }
    }
}

} // namespace

namespace {

void stopIfCancelled(const BuildRequest &request, const BuildContext &context) {
    if (context.job.isCancelled()) {
        throw Failure(ES_CANCELLED, "Building " + (request.output.empty() ? "from " + request.model : request.output) +
                                        " was cancelled.");
    }
}

/* Everything but the plan is gone when this returns: the parser's copy of the weights, the network, the configuration. */
std::unique_ptr<nvinfer1::IHostMemory> buildPlan(nvinfer1::IBuilder &builder, const BuildRequest &request,
                                                 const std::string &libraryPath, ProgressMonitor &progress,
                                                 BuildContext &context, es_build_result &result) {
    const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder.createNetworkV2(networkFlags(request)));
    const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder.createBuilderConfig());
    if (!network || !config) {
        throw Failure(ES_RUNTIME_FAILED, "TensorRT-RTX could not start a network: " + context.firstError());
    }
    applyFlags(request, *config);
    applyComputeCapabilities(request, *config, context);
    applyPoolLimits(request, *config, context);
    config->setProfilingVerbosity(static_cast<nvinfer1::ProfilingVerbosity>(request.profilingVerbosity));
    config->setProgressMonitor(&progress);

    constexpr const char *parsing = "Parsing the model";
    const int64_t parseStart = monotonicNow();
    progress.phaseStart(parsing, nullptr, 1);
    const ParsedModel model = parseModel(request, libraryPath, *network, context);
    progress.phaseFinish(parsing);
    const int64_t buildStart = monotonicNow();
    result.parse_ns = buildStart - parseStart;
    stopIfCancelled(request, context);

    applyProfiles(request, builder, *network, *config, context);
    std::unique_ptr<nvinfer1::IHostMemory> plan(builder.buildSerializedNetwork(*network, *config));
    stopIfCancelled(request, context);
    if (!plan || plan->size() == 0) {
        const std::string why = context.firstError();
        throw Failure(ES_RUNTIME_FAILED,
                      "TensorRT-RTX could not build " + request.model + (why.empty() ? "." : ": " + why));
    }
    result.build_ns = monotonicNow() - buildStart;
    return plan;
}

} // namespace

es_build_result buildEngine(std::unique_ptr<nvinfer1::IBuilder> builder, const BuildRequest &request,
                            const std::string &libraryPath, BuildContext &context) {
    if (!builder) {
        throw Failure(ES_RUNTIME_FAILED, "TensorRT-RTX could not start a builder: " + context.firstError());
    }
    checkModelFile(request.model);
    std::optional<NewFile> output;
    if (!request.output.empty()) {
        output.emplace(request.output);
    }

    dropUnusedPages();
    ProgressMonitor progress(context.job, context.phases);
    es_build_result result{};
    const std::unique_ptr<nvinfer1::IHostMemory> plan =
        buildPlan(*builder, request, libraryPath, progress, context, result);
    result.engine_size = plan->size();
    if (!output) {
        return result;
    }
    const int64_t writeStart = monotonicNow();
    const Sha256::Digest digest = writeEngine(*output, plan->data(), plan->size(), context.job, progress);
    stopIfCancelled(request, context);
    output->keep();
    result.build_ns += monotonicNow() - writeStart;
    std::copy(digest.begin(), digest.end(), result.sha256);
    return result;
}

} // namespace engine_shim
