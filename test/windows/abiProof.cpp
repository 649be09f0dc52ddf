/*
 * abiProof.cpp - the least that shows that Microsoft's C++ ABI, as our compiler writes it, is that of NVIDIA's Windows
 * libraries: our ILogger, IProgressMonitor and IStreamWriter are called through our vtables, Dims come back by value, and
 * everything is deleted through virtual destructors.
 *
 *   abiProof.exe LIBRARY_FOLDER ENGINE MODEL.onnx OUT.engine
 */
#include <cstdint>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "NvInfer.h"
#include "NvOnnxParser.h"

using namespace nvinfer1;

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define VERSION TEXT(TRT_MAJOR_RTX) "_" TEXT(TRT_MINOR_RTX)

namespace {

int passed = 0;
int failed = 0;

bool check(bool holds, const char *what) {
    printf("%s " VERSION ": %s\n", holds ? "ok     " : "FAILED ", what);
    (holds ? passed : failed) += 1;
    return holds;
}

int end() {
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

class Logger : public ILogger {
public:
    int lines = 0;
    void log(Severity, const char *text) noexcept override { lines += text != nullptr && *text != '\0' ? 1 : 0; }
};

class Progress : public IProgressMonitor {
public:
    int phases = 0;
    int open = 0;
    int steps = 0;
    void phaseStart(const char *name, const char *, int32_t) noexcept override {
        phases += name != nullptr ? 1 : 0;
        open += 1;
    }
    bool stepComplete(const char *, int32_t) noexcept override {
        steps += 1;
        return true;
    }
    void phaseFinish(const char *) noexcept override { open -= 1; }
};

class Writer : public IStreamWriter {
public:
    FILE *file = nullptr;
    int64_t total = 0;
    int64_t write(const void *data, int64_t size) noexcept override {
        total += size;
        return static_cast<int64_t>(fwrite(data, 1, static_cast<size_t>(size), file));
    }
};

using Create = void *(*)(void *, int32_t);
using CreateParser = void *(*)(void *, void *, int32_t);
template <typename F> F symbol(HMODULE library, const char *name) {
    return reinterpret_cast<F>(reinterpret_cast<uintptr_t>(GetProcAddress(library, name)));
}

HMODULE open(const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof(path), "%s\\%s_" VERSION ".dll", folder, name);
    return LoadLibraryA(path);
}

} // namespace

int main(int argc, char **argv) {
    setvbuf(stdout, nullptr, _IONBF, 0);
    if (argc != 5) {
        return 2;
    }
    HMODULE library = open(argv[1], "tensorrt_rtx");
    HMODULE parserLibrary = open(argv[1], "tensorrt_onnxparser_rtx");
    if (!check(library != nullptr && parserLibrary != nullptr, "both libraries are loaded")) {
        return end();
    }
    static Logger logger;
    auto *runtime =
        static_cast<IRuntime *>(symbol<Create>(library, "createInferRuntime_INTERNAL")(&logger, NV_TENSORRT_VERSION));
    if (!check(runtime != nullptr, "a runtime is made")) {
        return end();
    }
    check(runtime->getEngineHeaderSize() == 64, "the header has 64 bytes");

    auto *builder =
        static_cast<IBuilder *>(symbol<Create>(library, "createInferBuilder_INTERNAL")(&logger, NV_TENSORRT_VERSION));
    auto *network = builder->createNetworkV2(0);
    auto *parser = static_cast<nvonnxparser::IParser *>(symbol<CreateParser>(parserLibrary, "createNvOnnxParser_INTERNAL")(
        network, &logger, NV_ONNX_PARSER_VERSION));
    check(parser->parseFromFile(argv[3], 3) && parser->getNbErrors() == 0, "the model is parsed");
    const ITensor *input = network->getInput(0);
    const Dims dims = input->getDimensions();
    check(dims.nbDims == 4 && dims.d[0] == 1 && dims.d[1] == 3 && dims.d[2] > 0 && dims.d[2] == dims.d[3],
          "Dims come back by value");
    auto *config = builder->createBuilderConfig();
    check(config->setNbComputeCapabilities(1) && config->setComputeCapability(ComputeCapability::kSM89, 0),
          "a compute capability is set");
    Progress progress;
    config->setProgressMonitor(&progress);
    Writer writer;
    writer.file = fopen(argv[4], "wb");
    check(builder->buildSerializedNetworkToStream(*network, *config, writer), "an engine is built");
    fclose(writer.file);
    check(writer.total > 64, "our stream writer got the engine");
    check(progress.phases > 0 && progress.steps > 0 && progress.open == 0, "our progress monitor was called");
    check(logger.lines > 0, "our logger was called");
    delete config;
    delete parser;
    delete network;
    delete builder;

    char start[4] = "";
    FILE *engine = fopen(argv[4], "rb");
    check(fread(start, 1, 4, engine) == 4 && memcmp(start, "vtrt", 4) == 0, "it begins as an engine does");
    fclose(engine);
    delete runtime;
    check(true, "everything was deleted through virtual destructors");
    return end();
}
