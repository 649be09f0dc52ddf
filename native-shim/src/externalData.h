/*
 * externalData.h - which weights of an ONNX file lie in files beside it: TensorProto.external_data of the graph's
 * initializers. Reads the tags of the file and skips what it does not want, so gigabytes of weights cost nothing.
 */
#pragma once

#include "platform.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine_shim {

struct ExternalTensor {
    std::string name;
    std::string location; /* of the file, as the model has it: relative to the model's folder */
    uint64_t offset = 0;
    std::optional<uint64_t> length; /* to the end of the file where there is none */
};

/* Throws Failure with ES_FILE_ERROR or ES_MODEL_REJECTED. Weights in graphs within the graph are not looked for. */
std::vector<ExternalTensor> externalTensors(const InputFile &model);

/* The file of an external tensor. Throws Failure with ES_MODEL_REJECTED where it would lie outside the model's folder. */
std::string externalDataPath(const std::string &model, const ExternalTensor &tensor);

} // namespace engine_shim
