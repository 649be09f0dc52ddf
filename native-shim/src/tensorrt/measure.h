/*
 * measure.h - workers at work, each on a thread of its own, and when to stop.
 */
#pragma once

#include "worker.h"

#include <memory>
#include <vector>

namespace engine_shim {

using Workers = std::vector<std::unique_ptr<Worker>>;

/* Iterations of every worker before the measured ones. Throws Failure, also when cancelled. */
void warmUp(const Workers &workers, const EngineSession &session, const es_run_options &options, const Job &job);

struct Measurement {
    std::vector<es_run_sample> samples; /* in the order of their start */
    int64_t wallNs = 0;                 /* from the first start to the last end */
};
/* Throws Failure, also when cancelled. samples: filled as far as it came in both cases. */
void measure(const Workers &workers, const EngineSession &session, const es_run_options &options, const Job &job,
             Stages &stages, Measurement &measurement);

} // namespace engine_shim
