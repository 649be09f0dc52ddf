/*
 * buildRequest.h - everything a build needs to know, in plain values; es_build is one of these.
 */
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace engine_shim {

struct ShapeRange {
    std::vector<int64_t> min;
    std::vector<int64_t> opt;
    std::vector<int64_t> max;
};

/* Input name to its range. */
using Profile = std::map<std::string, ShapeRange>;

struct BuildRequest {
    std::string model;
    std::string output;                       /* empty: the engine is thrown away */
    std::vector<int32_t> flags;               /* BuilderFlag */
    std::vector<int32_t> clearedFlags;        /* BuilderFlag, on by default */
    std::vector<int32_t> computeCapabilities; /* ComputeCapability; empty: the library's default set */
    std::vector<Profile> profiles;
    int32_t profilingVerbosity = 0;             /* ProfilingVerbosity */
    std::map<int32_t, uint64_t> poolLimits;     /* MemoryPoolType to bytes */
};

} // namespace engine_shim
