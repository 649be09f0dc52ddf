/*
 * library.h - opening a TensorRT-RTX library and telling what it is, before any of its C++ interfaces is touched.
 */
#pragma once

#include "engine_shim.h"
#include "jobs.h"
#include "logs.h"
#include "runtime.h"

#include <memory>
#include <string>

namespace engine_shim {

struct LoadedRuntime {
    std::string path;
    es_library_info info{};
    std::unique_ptr<Runtime> runtime;
    /* A newer minor version than the headers here: for checks alone. */
    bool isUntested = false;
};

/* The load job. Leaves an es_library_info in the job's result also when it fails for the version. isUntested: a newer minor
 * version is taken if it stands the test (es_submit_load_untested). Throws Failure. */
std::shared_ptr<const LoadedRuntime> loadLibrary(const std::string &path, bool isUntested, Job &job);

} // namespace engine_shim
