/*
 * gpus.h - the GPUs of this machine through the CUDA driver and NVML, opened at run time. No CUDA context is made.
 */
#pragma once

#include "jobs.h"

namespace engine_shim {

/* Leaves an es_driver_record and its es_gpu_records in the job's result. A machine without a GPU is no failure. */
void listGpus(Job &job);

} // namespace engine_shim
