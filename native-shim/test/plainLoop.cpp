/*
 * plainLoop.cpp - the least a C++ program must do for a verdict on each of many files, for the bench to compare with: open,
 * read 64 bytes, fstat, getEngineValidity.
 *
 *   plain_loop LIBTENSORRT_RTX LIST        LIST: a file with one path a line
 *
 * Prints one line of JSON: {"files":N,"failed":N,"invalid":N,"ns":N}. Compiled against the headers of one version.
 */
#include "plainRuntime.h"

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: plain_loop LIBTENSORRT_RTX LIST\n");
        return 2;
    }
    QuietLogger logger;
    const auto runtime = plainRuntime(argv[1], logger);
    if (!runtime) {
        return 1;
    }
    std::vector<std::string> paths;
    std::ifstream list(argv[2]);
    for (std::string line; std::getline(list, line);) {
        paths.push_back(line);
    }

    uint64_t failed = 0;
    uint64_t invalid = 0;
    uint64_t bytes = 0;
    const auto start = std::chrono::steady_clock::now();
    for (const std::string &path : paths) {
        char header[64];
        struct stat facts {};
        const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            failed += 1;
            continue;
        }
        const ssize_t got = read(file, header, sizeof(header));
        if (got < 0 || fstat(file, &facts) != 0) {
            failed += 1;
        } else {
            uint64_t diagnostics = 0;
            bytes += static_cast<uint64_t>(facts.st_size);
            if (runtime->getEngineValidity(header, got, &diagnostics) == nvinfer1::EngineValidity::kINVALID) {
                invalid += 1;
            }
        }
        close(file);
    }
    const auto ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
    std::printf("{\"files\":%zu,\"failed\":%" PRIu64 ",\"invalid\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"ns\":%lld}\n",
                paths.size(), failed, invalid, bytes, static_cast<long long>(ns));
    return 0;
}
