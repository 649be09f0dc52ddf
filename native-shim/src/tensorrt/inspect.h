/*
 * inspect.h - what is inside an engine, without running it.
 */
#pragma once

#include "runtime.h"

#include "NvInferRuntime.h"

namespace engine_shim {

/* Leaves an es_inspect_result with its JSON and layers. Throws Failure. */
void inspectEngine(nvinfer1::IRuntime &runtime, const InspectRequest &request, RunContext &context);

} // namespace engine_shim
