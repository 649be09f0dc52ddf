/*
 * runtime.cpp - IRuntime of the minor version this file is compiled against.
 */
#include "runtime.h"

#include "builder.h"
#include "gpus.h"
#include "inspect.h"
#include "logger.h"
#include "run.h"

#include "NvInferRuntime.h"
#include "NvInferVersion.h"

#if defined(_WIN32)
#include <atomic>
#include <cstdio>
#include <cstring>
#include <windows.h>
#endif

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

#if defined(_WIN32)

/*
 * On Windows 1.6 and 1.7 read through a null pointer in getEngineValidity where no NVIDIA driver can be used, for there their
 * CUDA runtime lives in the driver; on Linux they log "Error reading CUDA GPU properties" and answer kINVALID without a
 * reason. So the driver is asked first, again after a while: somebody may be installing one.
 */
bool hasUsableDriver() {
    constexpr ULONGLONG againMs = 2000;
    static std::atomic<bool> usable{false};
    static std::atomic<ULONGLONG> askedAt{0};
    const ULONGLONG now = ::GetTickCount64();
    if (!usable.load() && (askedAt.load() == 0 || now - askedAt.load() > againMs)) {
        usable = whyNoGpu().empty();
        askedAt = now;
    }
    return usable.load();
}

/* A structured exception in there becomes an answer. No object with a destructor may live here, Microsoft's compiler says. */
int32_t guardedValidity(const nvinfer1::IRuntime &runtime, const void *header, int64_t size, uint64_t *diagnostics,
                        unsigned long *exception) noexcept {
    __try {
        return static_cast<int32_t>(runtime.getEngineValidity(header, size, diagnostics));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        *exception = ::GetExceptionCode();
        return static_cast<int32_t>(nvinfer1::EngineValidity::kINVALID);
    }
}

#endif

class TensorRtRuntime : public Runtime {
public:
    TensorRtRuntime(std::unique_ptr<nvinfer1::IRuntime> runtime, CreateObject createBuilder)
        : mRuntime(std::move(runtime)), mCreateBuilder(createBuilder) {}

    int64_t headerSize() const noexcept override { return mRuntime->getEngineHeaderSize(); }

    Validity validity(const void *header, int64_t size) const noexcept override {
        Validity answer;
#if defined(_WIN32)
        unsigned long exception = 0;
        answer.validity = static_cast<int32_t>(nvinfer1::EngineValidity::kINVALID);
        /* What does not begin as an engine does is refused before the GPU is looked at. */
        const bool isOther = size < 4 || std::memcmp(header, "vtrt", 4) != 0 || size < headerSize();
        if (!mIsBroken.load() && (isOther || hasUsableDriver())) {
            answer.validity = guardedValidity(*mRuntime, header, size, &answer.diagnostics, &exception);
        }
        if (exception != 0) {
            /* What it held when it was torn out is unknown: it is not asked again. */
            mIsBroken = true;
            answer.diagnostics = 0;
            char line[160];
            std::snprintf(line, sizeof(line),
                          "The header check was ended by Windows exception 0x%08lx; the NVIDIA driver may be too old or damaged.",
                          exception);
            routeLogLine(static_cast<int>(nvinfer1::ILogger::Severity::kINTERNAL_ERROR), line);
        }
        return answer;
#else
        answer.validity = static_cast<int32_t>(mRuntime->getEngineValidity(header, size, &answer.diagnostics));
        return answer;
#endif
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
#if defined(_WIN32)
    mutable std::atomic<bool> mIsBroken{false};
#endif
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
