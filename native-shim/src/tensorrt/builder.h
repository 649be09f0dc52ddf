/*
 * builder.h - from an ONNX file to an engine file with the builder of this minor version.
 */
#pragma once

#include "runtime.h"

#include "NvInfer.h"

namespace engine_shim {

/* builder: nullptr when TensorRT-RTX refused to make one. Throws Failure. */
es_build_result buildEngine(std::unique_ptr<nvinfer1::IBuilder> builder, const BuildRequest &request,
                            const std::string &libraryPath, BuildContext &context);

} // namespace engine_shim
