/*
 * enumNames.cpp - NVIDIA's enumerators by name. The lists are made from the headers when CMake configures
 * (cmake/enumNames.cmake), so that each minor version has exactly its own.
 */
#include "runtime.h"

#include "NvInfer.h"

/* A list of everything a version has holds its deprecated names too. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#elif defined(_MSC_VER)
#pragma warning(disable : 4996)
#endif

namespace engine_shim {

#define ES_NAMED(type, name) NamedValue{#name, static_cast<int32_t>(nvinfer1::type::name)},

const std::vector<NamedValue> &builderFlags() {
    static const std::vector<NamedValue> values = {
#include "BuilderFlag.inc"
    };
    return values;
}

const std::vector<NamedValue> &memoryPools() {
    static const std::vector<NamedValue> values = {
#include "MemoryPoolType.inc"
    };
    return values;
}

const std::vector<NamedValue> &computeCapabilities() {
    static const std::vector<NamedValue> values = {
#include "ComputeCapability.inc"
    };
    return values;
}

} // namespace engine_shim
