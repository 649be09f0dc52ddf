/*
 * runtime.cpp - IRuntime of the minor version this file is compiled against.
 */
#include "runtime.h"

#include "builder.h"
#include "inspect.h"
#include "logger.h"
#include "run.h"

#include "NvInferRuntime.h"
#include "NvInferVersion.h"

namespace engine_shim {

#define ES_TEXT_OF(x) #x
#define ES_TEXT(x) ES_TEXT_OF(x)
const char *const compiledVersion = ES_TEXT(TRT_MAJOR_RTX) "." ES_TEXT(TRT_MINOR_RTX);
const int32_t compiledMajor = TRT_MAJOR_RTX;
const int32_t compiledMinor = TRT_MINOR_RTX;

static_assert(TRT_MAJOR_RTX == ES_EXPECTED_MAJOR && TRT_MINOR_RTX == ES_EXPECTED_MINOR,
              "The headers in this folder are of another TensorRT-RTX version than the folder's name says");

namespace {

using CreateObject = void *(*)(void *logger, int32_t version);

class RoutingLogger : public nvinfer1::ILogger {
public:
    void log(Severity severity, const nvinfer1::AsciiChar *text) noexcept override {
        routeLogLine(static_cast<int>(severity), text);
    }
};

class TensorRtRuntime : public Runtime {
public:
    TensorRtRuntime(std::unique_ptr<nvinfer1::IRuntime> runtime, CreateObject createBuilder)
        : mRuntime(std::move(runtime)), mCreateBuilder(createBuilder) {}

    int64_t headerSize() const noexcept override { return mRuntime->getEngineHeaderSize(); }

    Validity validity(const void *header, int64_t size) const noexcept override {
        Validity answer;
        answer.validity = static_cast<int32_t>(mRuntime->getEngineValidity(header, size, &answer.diagnostics));
        return answer;
    }

    es_build_result build(const BuildRequest &request, const std::string &libraryPath,
                          BuildContext &context) const override {
        std::unique_ptr<nvinfer1::IBuilder> builder;
        if (mCreateBuilder != nullptr) {
            builder.reset(static_cast<nvinfer1::IBuilder *>(mCreateBuilder(&processLogger(), NV_TENSORRT_VERSION)));
        }
        return buildEngine(std::move(builder), request, libraryPath, context);
    }

    void inspect(const InspectRequest &request, RunContext &context) const override {
        inspectEngine(*mRuntime, request, context);
    }

    void run(const RunRequest &request, RunContext &context) const override { runEngine(*mRuntime, request, context); }

private:
    const std::unique_ptr<nvinfer1::IRuntime> mRuntime;
    const CreateObject mCreateBuilder;
};

} // namespace

nvinfer1::ILogger &processLogger() noexcept {
    /* Never destroyed: threads of the library may log while the process ends. */
    static auto *const logger = new RoutingLogger();
    return *logger;
}

std::unique_ptr<Runtime> createRuntime(const SharedLibrary &library) {
    const auto create = library.function<CreateObject>("createInferRuntime_INTERNAL");
    std::unique_ptr<nvinfer1::IRuntime> runtime(
        static_cast<nvinfer1::IRuntime *>(create(&processLogger(), NV_TENSORRT_VERSION)));
    if (!runtime) {
        return nullptr;
    }
    return std::make_unique<TensorRtRuntime>(std::move(runtime),
                                             library.function<CreateObject>("createInferBuilder_INTERNAL"));
}

} // namespace engine_shim
