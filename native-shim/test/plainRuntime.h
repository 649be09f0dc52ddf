/*
 * plainRuntime.h - a runtime of the library of that path, for the programs that the bench compares with: as little as they can
 * do with. Compiled against the headers of one version.
 */
#pragma once

#include "NvInferRuntime.h"

#include <cstdio>
#include <memory>

#include <dlfcn.h>

class QuietLogger : public nvinfer1::ILogger {
    void log(Severity, const nvinfer1::AsciiChar *) noexcept override {}
};

/* Null, and said why, where there is none. */
inline std::unique_ptr<nvinfer1::IRuntime> plainRuntime(const char *path, nvinfer1::ILogger &logger) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return nullptr;
    }
    const auto create = reinterpret_cast<void *(*)(void *, int32_t)>(dlsym(library, "createInferRuntime_INTERNAL"));
    std::unique_ptr<nvinfer1::IRuntime> runtime(
        create == nullptr ? nullptr : static_cast<nvinfer1::IRuntime *>(create(&logger, NV_TENSORRT_VERSION)));
    if (!runtime) {
        std::fprintf(stderr, "no runtime in %s\n", path);
    }
    return runtime;
}
