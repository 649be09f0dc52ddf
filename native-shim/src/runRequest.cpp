#include "runRequest.h"

#include "failure.h"

namespace engine_shim {

namespace {

void require(bool condition, const char *sentence) {
    if (!condition) {
        throw Failure(ES_INVALID_ARGUMENT, sentence);
    }
}

} // namespace

void requireRunnable(const RunRequest &request) {
    const es_run_options &options = request.options;
    require(!request.engine.empty(), "The run has no engine.");
    require(options.profile >= 0, "Optimization profiles are numbered from 0.");
    require(options.warm_up >= 0 && options.warm_up <= maxWarmUp, "Warm-up iterations are a number from 0 to 1,000,000.");
    require(options.iterations >= 0, "The number of iterations is negative.");
    require(options.duration_ns >= 0, "The duration is negative.");
    require(options.iterations > 0 || options.duration_ns > 0, "A run needs a number of iterations or a duration.");
    require(options.max_samples >= 1 && options.max_samples <= maxSamples,
            "The most samples are a number from 1 to 1,000,000.");
    require(options.streams >= 1 && options.streams <= maxStreams, "Streams are a number from 1 to 16.");
    require(options.profiled_iterations >= 0 && options.profiled_iterations <= maxProfiledIterations,
            "Profiled iterations are a number from 0 to 100,000.");
    require((options.flags & ~(ES_RUN_COPIES | ES_RUN_CUDA_GRAPH | ES_RUN_LAZY_KERNELS)) == 0, "es_submit_run knows no such flag.");
    require(options.reserved == 0, "The reserved field of the options must be 0.");
}

} // namespace engine_shim
