/*
 * logger.h - the process's one ILogger.
 */
#pragma once

#include "NvInferRuntime.h"

namespace engine_shim {

/* Lives as long as the process: TensorRT-RTX keeps the first logger it is given. */
nvinfer1::ILogger &processLogger() noexcept;

} // namespace engine_shim
