/*
 * run.h - sample inference: an engine is run with given inputs, once for each weight streaming budget, and measured.
 */
#pragma once

#include "runtime.h"

#include "NvInferRuntime.h"

namespace engine_shim {

/* Leaves an es_run_result with its JSON and samples. Throws Failure when no attempt could be made. */
void runEngine(nvinfer1::IRuntime &runtime, const RunRequest &request, RunContext &context);

} // namespace engine_shim
