/*
 * runRequest.h - everything that an inspection and a run need to know, in plain values; es_run is one of the latter.
 */
#pragma once

#include "engine_shim.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine_shim {

struct InspectRequest {
    std::string engine;
    bool layers = false;
    std::vector<int64_t> budgets;
};

struct RunInput {
    std::string name;
    std::vector<int64_t> shape;
    std::string dataPath;
};

struct RunRequest {
    std::string engine;
    std::vector<RunInput> inputs;
    std::vector<int64_t> budgets;
    std::string runtimeCache; /* empty: none */
    std::string outputFolder; /* empty: outputs are not kept */
    es_run_options options{};
};

/* nvinfer1::Dims holds as many. */
constexpr uint32_t maxRank = 8;
constexpr int32_t maxStreams = 16;
constexpr int64_t maxSamples = 1000000;
/* Beyond these a number is a mistake and not a wish. */
constexpr int32_t maxWarmUp = 1000000;
constexpr int32_t maxProfiledIterations = 100000;

/* Throws Failure with ES_INVALID_ARGUMENT and the sentence. */
void requireRunnable(const RunRequest &request);

} // namespace engine_shim
