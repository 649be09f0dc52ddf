/*
 * gpus.h - the GPUs of this machine through the CUDA driver and NVML, opened at run time. No CUDA context is made.
 */
#pragma once

#include "jobs.h"

#include <string>

namespace engine_shim {

/* Leaves an es_driver_record and its es_gpu_records in the job's result. A machine without a GPU is no failure. */
void listGpus(Job &job);

/* Why there is no GPU to use, as a sentence; empty: there is one. */
std::string whyNoGpu();

} // namespace engine_shim
