/*
 * reports.h - what an inspection and a run found, and how it is written as JSON. The keys are those of inspectReport and
 * runReport in src/host/engineHost/protocol.ts. Sizes are bytes, times nanoseconds; an empty optional becomes null.
 */
#pragma once

#include "cudaDriver.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine_shim {

using OptionalNumber = std::optional<int64_t>;

/* cuMemGetInfo and the like answer -1 for "unknown". */
inline OptionalNumber known(int64_t value) { return value < 0 ? OptionalNumber() : OptionalNumber(value); }

struct ValueRange {
    std::vector<int64_t> min;
    std::vector<int64_t> opt;
    std::vector<int64_t> max;
};

/* An input or output; numbers of NVIDIA's enums as they are. */
struct TensorInfo {
    std::string name;
    int32_t mode = 0;
    int32_t type = 0;
    std::vector<int64_t> shape; /* -1: dynamic */
    /* One for each profile: the builder chooses them for each alone. */
    std::vector<std::string> formats;
    std::vector<bool> linears;
    int32_t location = 0;
    bool isShapeTensor = false;
    /* Of an output that shares its memory with an input: that one's name. */
    std::string aliasOf;
    std::vector<std::optional<ValueRange>> profiles; /* one for each profile */
    std::vector<std::optional<ValueRange>> profileValues;

    const std::string &format(int32_t profile) const { return formats[static_cast<size_t>(profile)]; }
    bool isLinear(int32_t profile) const { return linears[static_cast<size_t>(profile)]; }
    bool isInput() const noexcept { return mode == 1; }
    bool isOnHost() const noexcept { return location == 1; }
};

struct BudgetFacts {
    int64_t asked = 0;
    int64_t taken = 0;
    int64_t scratch = 0;
    int64_t deviceMemory = 0;
};

struct InspectReport {
    std::string name;
    int64_t profileCount = 0;
    std::vector<TensorInfo> tensors;
    int64_t deviceMemory = 0;
    std::vector<int64_t> deviceMemoryPerProfile;
    int64_t auxStreams = 0;
    OptionalNumber layerCount;
    OptionalNumber profilingVerbosity;
    bool isRefittable = false;
    bool isDeferred = false; /* the weights stayed in the file */
    int64_t streamable = 0;
    OptionalNumber defaultBudget;
    OptionalNumber automaticBudget;
    std::vector<BudgetFacts> budgets;
    CudaDeviceFacts gpu;
    int64_t freeBefore = 0;
    int64_t freeAfter = 0;
    int64_t loadNs = 0;

    std::string json() const;
};

struct CacheFacts {
    const char *state = "off";
    OptionalNumber loadedBytes;
    OptionalNumber savedBytes;
    OptionalNumber warmContextNs;
    OptionalNumber warmFirstRunNs;
    std::string message;
};

struct OutputFacts {
    std::string name;
    int32_t type = 0;
    std::vector<int64_t> shape;
    int64_t bytes = 0;
    bool isLinear = true;
    std::string aliasOf;
    std::optional<std::string> file;
};

struct LayerTime {
    std::string name;
    double ns = 0;
    int64_t count = 0;
};

struct AttemptFailure {
    std::string stage;
    es_status status = ES_INTERNAL;
    CudaStatus cuda = 0;
    std::string sentence;
};

struct AttemptReport {
    int64_t budgetAsked = 0;
    OptionalNumber budget;
    OptionalNumber scratch;
    OptionalNumber deviceMemory;
    OptionalNumber contextNs;
    OptionalNumber firstRunNs;
    OptionalNumber freeReady;
    OptionalNumber freeLowest;
    OptionalNumber freeAfter;
    std::optional<bool> cudaGraph;
    int64_t firstSample = 0;
    int64_t sampleCount = 0;
    OptionalNumber wallNs;
    std::vector<OutputFacts> outputs;
    std::optional<std::vector<LayerTime>> layers;
    std::optional<AttemptFailure> failure;

    /* Another look at the free memory; the least stays. */
    void sawFree(int64_t free) noexcept {
        if (free >= 0 && (!freeLowest || free < *freeLowest)) {
            freeLowest = free;
        }
    }
};

struct RunReport {
    CudaDeviceFacts gpu;
    int64_t loadNs = 0;
    int64_t streamable = 0;
    OptionalNumber freeBefore;
    OptionalNumber freeLoaded;
    OptionalNumber freeAfter;
    CacheFacts cache;
    std::vector<AttemptReport> attempts;

    std::string json() const;
};

/* What a job that failed leaves. */
std::string failureJson(const std::string &stage, CudaStatus cuda);

} // namespace engine_shim
