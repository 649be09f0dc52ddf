/*
 * The yardstick of the bench: what a C++ program that does nothing else needs to ask TensorRT-RTX about a list of
 * engines. For each: open, read 64 bytes, fstat, getEngineValidity.
 *
 *   plainLoop LIBRARY LIST [REPEATS]      LIST: a file with one path a line
 *
 * Prints one JSON object: milliseconds of the loop alone, one number for each repeat, and a sum of the answers.
 */
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "NvInferRuntime.h"

namespace {

class SilentLogger : public nvinfer1::ILogger {
public:
    void log(Severity, const char *) noexcept override {}
};

using CreateRuntime = void *(*)(void *logger, int32_t version);

} // namespace

int main(int count, char **arguments) {
    if (count < 3) {
        std::fprintf(stderr, "usage: plainLoop LIBRARY LIST [REPEATS]\n");
        return 2;
    }
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    SilentLogger logger;
    const auto create = reinterpret_cast<CreateRuntime>(dlsym(library, "createInferRuntime_INTERNAL"));
    auto *runtime = static_cast<nvinfer1::IRuntime *>(create(&logger, NV_TENSORRT_VERSION));
    if (runtime == nullptr) {
        std::fprintf(stderr, "no runtime\n");
        return 1;
    }
    std::vector<std::string> paths;
    std::ifstream list(arguments[2]);
    for (std::string line; std::getline(list, line);) {
        paths.push_back(line);
    }
    const int repeats = count > 3 ? std::atoi(arguments[3]) : 1;
    std::printf("{\"ms\":[");
    uint64_t answers = 0;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        const auto start = std::chrono::steady_clock::now();
        for (const std::string &path : paths) {
            const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
            unsigned char header[64];
            struct stat facts;
            if (file < 0 || read(file, header, sizeof header) != sizeof header || fstat(file, &facts) != 0) {
                std::fprintf(stderr, "cannot read %s\n", path.c_str());
                return 1;
            }
            uint64_t diagnostics = 0;
            answers += static_cast<uint64_t>(runtime->getEngineValidity(header, sizeof header, &diagnostics));
            answers += diagnostics + (facts.st_size > 0 ? 1 : 0);
            close(file);
        }
        const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
        std::printf("%s%.3f", repeat == 0 ? "" : ",", time.count());
    }
    std::printf("],\"answers\":%llu}\n", static_cast<unsigned long long>(answers));
    return 0;
}
