/*
 * nvmlLibrary.h - opens NVIDIA's management library (NVML) and declares the little of nvml.h that the shim uses. NVML's C
 * interface is stable, and the shim is built without NVIDIA's headers for it.
 */
#pragma once

#include "platform.h"

#include <cstdint>
#include <string>

namespace engine_shim {

using NvmlStatus = int32_t;
using NvmlDevice = struct NvmlDeviceOpaque *;

enum NvmlError : NvmlStatus {
    nvmlLibraryMissing = -1, /* ours */
    nvmlUninitialized = 1,
    nvmlNotSupported = 3,
    nvmlNoPermission = 4,
    nvmlNotFound = 6,
    nvmlInsufficientSize = 7,
    nvmlDriverNotLoaded = 9,
    nvmlFunctionNotFound = 13,
    nvmlGpuIsLost = 15,
    nvmlResetRequired = 16,
    nvmlLibRmVersionMismatch = 18,
    nvmlArgumentVersionMismatch = 25,
};

struct NvmlMemory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used; /* with what the driver keeps for itself */
};

/* The driver's own NVML. On failure the object is empty and why holds the loader's text. */
SharedLibrary openNvml(std::string &why);

} // namespace engine_shim
