/*
 * runtime.h - the one door to TensorRT-RTX. What is behind it (src/tensorrt) is compiled once per minor version against
 * NVIDIA's headers; everything else knows only this file.
 */
#pragma once

#include "buildRequest.h"
#include "engine_shim.h"
#include "jobs.h"
#include "logs.h"
#include "platform.h"
#include "runRequest.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace engine_shim {

struct Validity {
    int32_t validity = -1;
    uint64_t diagnostics = 0;
};

/* Where the phases of a build go. Called from the builder's threads. */
class PhaseSink {
public:
    virtual ~PhaseSink() = default;
    virtual void phaseStart(std::string_view name, int32_t steps, int64_t id, int64_t parent) noexcept = 0;
    virtual void phaseStep(int64_t id, int32_t step) noexcept = 0;
    virtual void phaseEnd(int64_t id) noexcept = 0;
};

/* A build's line to the one who asked for it. */
struct BuildContext {
    const Job &job;
    LogSink &log;
    PhaseSink &phases;
    /* The first error the library or the parser said, for the sentence of a failure. */
    std::function<std::string()> firstError;
};

/* The line of an inspection or a run to the one who asked for it. */
struct RunContext {
    Job &job; /* the result goes there, also when it fails */
    LogSink &log;
    PhaseSink &phases;
};

class Runtime {
public:
    virtual ~Runtime() = default;

    virtual int64_t headerSize() const noexcept = 0;
    virtual Validity validity(const void *header, int64_t size) const noexcept = 0;
    /* Throws Failure. libraryPath: where TensorRT-RTX was loaded from; the parser lies beside it. */
    virtual es_build_result build(const BuildRequest &request, const std::string &libraryPath,
                                  BuildContext &context) const = 0;
    /* Both throw Failure and leave a result with the stage before they do. */
    virtual void inspect(const InspectRequest &request, RunContext &context) const = 0;
    virtual void run(const RunRequest &request, RunContext &context) const = 0;
};

/* Implemented once per minor version in src/tensorrt. */

/* "1.7" */
extern const char *const compiledVersion;
extern const int32_t compiledMajor;
extern const int32_t compiledMinor;

/* nullptr when TensorRT-RTX refused; its lines tell why. The library must be of the compiled minor version. */
std::unique_ptr<Runtime> createRuntime(const SharedLibrary &library);

/* Values of NVIDIA's enums by the names in this version's NvInfer.h. */
struct NamedValue {
    const char *name;
    int32_t value;
};
const std::vector<NamedValue> &builderFlags();
const std::vector<NamedValue> &memoryPools();
const std::vector<NamedValue> &computeCapabilities();

} // namespace engine_shim
