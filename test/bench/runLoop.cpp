/*
 * runLoop.cpp - the least a C++ program must do to run an engine again and again, and to read one, for the bench to
 * compare with. On the stand-ins only: no GPU in reach can run the real kernels.
 *
 *   runLoop LIBTENSORRT_RTX run ENGINE WARM_UP ITERATIONS HEIGHT WIDTH OUT
 *       one stream, inputs of zeros; OUT: for each iteration its start and its latency (from before enqueueV3
 *       until the stream is idle), int64 nanoseconds.
 *   runLoop LIBTENSORRT_RTX read ENGINE
 *       deserializes it from a reader that only reads. Prints {"before":N,"peak":N}: resident memory just before, and the
 *       most ever, bytes.
 */
#include "NvInferRuntime.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

using namespace nvinfer1;

namespace {

class QuietLogger : public ILogger {
    void log(Severity severity, const AsciiChar *text) noexcept override {
        if (severity <= Severity::kERROR) {
            std::fprintf(stderr, "%s\n", text);
        }
    }
};

using Address = uint64_t;
struct Cuda {
    int (*init)(unsigned int);
    int (*retain)(void **, int);
    int (*setCurrent)(void *);
    int (*alloc)(Address *, size_t);
    int (*streamCreate)(void **, unsigned int);
    int (*synchronize)(void *);
    int (*toDevice)(Address, const void *, size_t);
    int (*attribute)(void *, int, Address);
};
Cuda cuda{};

[[noreturn]] void fail(const char *what) {
    std::fprintf(stderr, "runLoop: %s\n", what);
    std::exit(1);
}

void openCuda() {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == nullptr) {
        fail(dlerror());
    }
    const auto find = [&](auto &function, const char *name) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
        if (function == nullptr) {
            fail(name);
        }
    };
    find(cuda.init, "cuInit");
    find(cuda.retain, "cuDevicePrimaryCtxRetain");
    find(cuda.setCurrent, "cuCtxSetCurrent");
    find(cuda.alloc, "cuMemAlloc_v2");
    find(cuda.streamCreate, "cuStreamCreate");
    find(cuda.synchronize, "cuStreamSynchronize");
    find(cuda.toDevice, "cuMemcpyHtoD_v2");
    find(cuda.attribute, "cuPointerGetAttribute");
    void *context = nullptr;
    if (cuda.init(0) != 0 || cuda.retain(&context, 0) != 0 || cuda.setCurrent(context) != 0) {
        fail("CUDA does not start");
    }
}

int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
}

/* "VmRSS", "VmHWM": bytes. (getrusage counts what this process was before it became this program.) */
long residentMemory(const char *which) {
    std::FILE *status = std::fopen("/proc/self/status", "r");
    char line[256];
    long kilobytes = -1;
    while (status != nullptr && std::fgets(line, sizeof(line), status) != nullptr) {
        if (std::strncmp(line, which, std::strlen(which)) == 0) {
            kilobytes = std::atol(line + std::strlen(which) + 1);
        }
    }
    if (status != nullptr) {
        std::fclose(status);
    }
    return kilobytes * 1024;
}

class FileReader : public IStreamReaderV2 {
public:
    explicit FileReader(const char *path) : mFile(open(path, O_RDONLY)) {
        if (mFile < 0) {
            fail("the engine cannot be opened");
        }
    }
    ~FileReader() override { close(mFile); }
    int64_t read(void *to, int64_t size, cudaStream_t) noexcept override {
        unsigned int type = 0;
        if (cuda.attribute(&type, 2, reinterpret_cast<Address>(to)) != 0 || type != 2) {
            return ::read(mFile, to, static_cast<size_t>(size));
        }
        /* 64 kB at a time, so that the copy to the GPU takes next to nothing. */
        int64_t done = 0;
        while (done < size) {
            const auto wanted = static_cast<size_t>(std::min<int64_t>(size - done, sizeof(mPiece)));
            const ssize_t got = ::read(mFile, mPiece, wanted);
            if (got <= 0 || cuda.toDevice(reinterpret_cast<Address>(to) + static_cast<Address>(done), mPiece,
                                          static_cast<size_t>(got)) != 0) {
                return got < 0 ? -1 : done;
            }
            done += got;
        }
        return done;
    }
    bool seek(int64_t offset, SeekPosition where) noexcept override {
        const int from = where == SeekPosition::kSET ? SEEK_SET : where == SeekPosition::kCUR ? SEEK_CUR : SEEK_END;
        return lseek(mFile, offset, from) >= 0;
    }

private:
    int mFile;
    char mPiece[1 << 16];
};

void run(ICudaEngine &engine, char **arguments) {
    const long warmUp = std::atol(arguments[0]);
    const long iterations = std::atol(arguments[1]);
    Dims dims{};
    dims.nbDims = 4;
    dims.d[0] = 1;
    dims.d[1] = 3;
    dims.d[2] = std::atol(arguments[2]);
    dims.d[3] = std::atol(arguments[3]);
    std::unique_ptr<IExecutionContext> context(engine.createExecutionContext());
    if (!context || !context->setInputShape("image", dims)) {
        fail("no context");
    }
    std::vector<Address> buffers;
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
        const char *name = engine.getIOTensorName(i);
        const Dims shape = context->getTensorShape(name);
        size_t bytes = 8;
        for (int32_t d = 0; d < shape.nbDims; ++d) {
            bytes *= static_cast<size_t>(shape.d[d]);
        }
        Address address = 0;
        if (cuda.alloc(&address, bytes) != 0 || !context->setTensorAddress(name, reinterpret_cast<void *>(address))) {
            fail("no memory");
        }
        buffers.push_back(address);
    }
    void *stream = nullptr;
    if (cuda.streamCreate(&stream, 1) != 0) {
        fail("no stream");
    }
    struct Sample {
        int64_t start, latency;
    };
    const auto once = [&]() {
        const int64_t start = now();
        if (!context->enqueueV3(static_cast<cudaStream_t>(stream)) || cuda.synchronize(stream) != 0) {
            fail("enqueueV3");
        }
        return Sample{start, now() - start};
    };
    for (long i = 0; i < 1 + warmUp; ++i) {
        once();
    }
    std::vector<Sample> samples(static_cast<size_t>(iterations));
    for (Sample &sample : samples) {
        sample = once();
    }
    std::FILE *out = std::fopen(arguments[4], "wb");
    if (out == nullptr || std::fwrite(samples.data(), sizeof(Sample), samples.size(), out) != samples.size()) {
        fail("the samples cannot be written");
    }
    std::fclose(out);
}

} // namespace

int main(int count, char **arguments) {
    const bool runs = count == 9 && std::strcmp(arguments[2], "run") == 0;
    if (!runs && !(count == 4 && std::strcmp(arguments[2], "read") == 0)) {
        std::fprintf(stderr, "usage: runLoop LIBRARY run ENGINE WARM_UP ITERATIONS HEIGHT WIDTH OUT | LIBRARY read ENGINE\n");
        return 2;
    }
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        fail(dlerror());
    }
    const auto create = reinterpret_cast<void *(*)(void *, int32_t)>(dlsym(library, "createInferRuntime_INTERNAL"));
    QuietLogger logger;
    const std::unique_ptr<IRuntime> runtime(
        create == nullptr ? nullptr : static_cast<IRuntime *>(create(&logger, NV_TENSORRT_VERSION)));
    if (!runtime) {
        fail("no runtime");
    }
    openCuda();
    const long before = residentMemory("VmRSS");
    FileReader reader(arguments[3]);
    const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(reader));
    if (!engine) {
        fail("the engine was refused");
    }
    if (runs) {
        run(*engine, arguments + 4);
        return 0;
    }
    std::printf("{\"before\":%ld,\"peak\":%ld}\n", before,
                residentMemory("VmHWM"));
    return 0;
}
