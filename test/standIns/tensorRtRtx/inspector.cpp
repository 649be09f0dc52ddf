/* IEngineInspector: JSON in the form that the real one of 1.7 writes. */
#include "standIn.h"

#include <cstdio>

namespace standIn {

using nvinfer1::Dims;

namespace {

std::string quoted(const std::string &text) {
    std::string all = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            all += '\\';
            all += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
            all += escape;
        } else {
            all += c;
        }
    }
    return all + "\"";
}

struct Operand {
    std::string name;
    Dims dims;
    const char *type;
};

std::string operandJson(const Operand &operand) {
    const Dims &dims = operand.dims;
    Dims strides = dims;
    int64_t stride = 1;
    std::string order;
    for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
        strides.d[i] = stride;
        stride = stride < 0 || dims.d[i] < 0 ? -1 : stride * dims.d[i];
        order += (order.empty() ? "" : ",") + std::to_string(i);
    }
    return "{\n    \"Name\": " + quoted(operand.name) + ",\n    \"Dimensions\": " + text(dims) +
           ",\n    \"Strides\": " + text(strides) + ",\n    \"StrideOrder\": [" + order + "],\n    \"Datatype\": \"" +
           operand.type + "\",\n    \"Format\": \"(Linear) Row major linear format\"\n  }";
}

std::string listJson(const std::vector<Operand> &operands) {
    std::string all;
    for (const Operand &operand : operands) {
        all += (all.empty() ? "\n  " : ",\n  ") + operandJson(operand);
    }
    return "[" + all + "]";
}

Dims dims(std::initializer_list<int64_t> sizes) {
    Dims made{};
    for (const int64_t size : sizes) {
        made.d[made.nbDims++] = size;
    }
    return made;
}

struct Description {
    const char *type;
    std::vector<Operand> inputs, constants, outputs;
    std::string tactic, metadata;
};

Description describe(const Plan &plan, int32_t index) {
    const char *const floats = plan.half ? "Half" : "Float";
    const Dims image = plan.image;
    const Dims means = dims({image.d[0], channels});
    const Dims labels = dims({image.d[0]});
    switch (index) {
    case 0:
        return {"kgen", {{"image", image, floats}}, {}, {{"moved_myl0", image, floats}}, "__myl_Move_stand_in", ""};
    case 1:
        return {"correlation",
                {{"moved_myl0", image, floats}},
                {{"kernel_myl0", dims({3, 3, 3, 3}), floats}, {"bias_myl0", dims({3}), floats}},
                {{"picture", image, floats}},
                "__myelin_CASK_STUB",
                "[ONNX Layer: picture_conv]\x1f[ONNX Layer: picture_relu]"};
    case 2:
        return {"kgen", {{"picture", image, floats}}, {}, {{"mean", means, floats}}, "__myl_Mean_stand_in",
                "[ONNX Layer: picture_mean]"};
    case 3:
        return {"kgen", {{"mean", means, floats}}, {}, {{"label", labels, "Int64"}}, "__myl_ArgMax_stand_in",
                "[ONNX Layer: picture_label]"};
    default:
        break;
    }
    const char *const types[] = {"kgen", "correlation", "gemm", "runtime_fusion", "deconv", "shape_call"};
    const char *const precisions[] = {"Float", "Half", "Half", "Int8", "BFloat16", "FP8"};
    const char *type = types[index % 6];
    const char *precision = precisions[index % 5];
    const std::string number = std::to_string(index);
    const std::string before = index == 4 ? "picture" : "extra_" + std::to_string(index - 1) + "_myl0";
    Description made{type, {{before, image, precision}}, {}, {{"extra_" + number + "_myl0", image, precision}}, "", ""};
    if (index % 6 == 1 || index % 6 == 2 || index % 6 == 4) {
        const int64_t side = 16 << (index % 4);
        made.constants.push_back({"extra_" + number + "_weights_myl0", dims({side, 16, 3, 3}), precision});
    }
    made.tactic = "__myl_stand_in_" + number;
    made.metadata = "[ONNX Layer: extra_" + number + "]";
    return made;
}

std::string rangeJson(const Range &range, const char *format) {
    return "  {\n    \"MinShape\": " + text(range.least) + ",\n    \"OptShape\": " + text(range.best) +
           ",\n    \"MaxShape\": " + text(range.most) + ",\n    \"Format\": \"" + format + "\"\n  }";
}

class Inspector final : public nvinfer1::IEngineInspector, public nvinfer1::apiv::VEngineInspector {
public:
    explicit Inspector(std::shared_ptr<const Plan> plan) : mPlan(std::move(plan)) { mImpl = this; }
    nvinfer1::IEngineInspector *getPImpl() noexcept override { return this; }
    bool setExecutionContext(const nvinfer1::IExecutionContext *context) noexcept override {
        mContext = context;
        return true;
    }
    const nvinfer1::IExecutionContext *getExecutionContext() const noexcept override { return mContext; }
    const char *getLayerInformation(int32_t index, nvinfer1::LayerInformationFormat) const noexcept override {
        if (index < 0 || index >= mPlan->layers) {
            apiError("IEngineInspector::getLayerInformation", "layerIndex " + std::to_string(index) + " is out of range");
            return nullptr;
        }
        mLayer = layerJson(*mPlan, index);
        return mLayer.c_str();
    }
    const char *getEngineInformation(nvinfer1::LayerInformationFormat) const noexcept override {
        if (mAll.empty()) {
            mAll = inspectionJson(*mPlan);
        }
        return mAll.c_str();
    }
    void setErrorRecorder(nvinfer1::IErrorRecorder *recorder) noexcept override { mRecorder = recorder; }
    nvinfer1::IErrorRecorder *getErrorRecorder() const noexcept override { return mRecorder; }

private:
    std::shared_ptr<const Plan> mPlan;
    const nvinfer1::IExecutionContext *mContext = nullptr;
    nvinfer1::IErrorRecorder *mRecorder = nullptr;
    mutable std::string mAll;
    mutable std::string mLayer;
};

} // namespace

std::string layerJson(const Plan &plan, int32_t index) {
    const std::string name = quoted(plan.layerNames[static_cast<size_t>(index)]);
    if (plan.verbosity != 2) {
        return name;
    }
    const Description layer = describe(plan, index);
    return "{\n  \"Name\": " + name + ",\n  \"LayerType\": \"" + layer.type + "\",\n  \"Inputs\": " +
           listJson(layer.inputs) + ",\n  \"Constants\": " + listJson(layer.constants) + ",\n  \"Outputs\": " +
           listJson(layer.outputs) + ",\n  \"TacticName\": " + quoted(layer.tactic) +
           ",\n  \"StreamId\": 0,\n  \"Metadata\": " + quoted(layer.metadata) + "\n}";
}

std::string inspectionJson(const Plan &plan) {
    std::string all = "{\"Layers\": [";
    for (int32_t i = 0; i < plan.layers && plan.verbosity != 1; ++i) {
        all += (i == 0 ? "" : ",") + layerJson(plan, i) + "\n";
    }
    all += "],\n\"I/O Tensors\": [";
    bool first = true;
    for (const Tensor &tensor : tensorsOf(plan)) {
        const bool number = tensor.type == nvinfer1::DataType::kINT64;
        const std::string format = std::string("Row major linear ") + (number ? "INT64" : plan.half ? "FP16" : "FP32") +
                                   " format (kLINEAR)";
        all += std::string(first ? "" : ",") + "\n{\n  \"Name\": \"" + tensor.name + "\",\n  \"IOMode\": \"" +
               (tensor.input ? "Input" : "Output") + "\",\n  \"DataType\": \"" +
               (number ? "Int64" : plan.half ? "Half" : "Float") + "\",\n  \"Dimensions\": " + text(tensor.dims) +
               ",\n  \"Location\": \"" + (tensor.host ? "Host" : "Device") + "\",\n  \"IsShapeInferenceIO\": " +
               (tensor.host ? "true" : "false") + ",\n  \"ProfileInfo\": [\n";
        for (size_t i = 0; i < plan.profiles.size(); ++i) {
            all += i == 0 ? "" : ",\n";
            if (tensor.role == Role::image) {
                all += rangeJson(plan.profiles[i].image, format.c_str());
            } else {
                all += "  {\n    \"Format\": \"" + format + "\"\n  }";
            }
        }
        all += "]\n}";
        first = false;
    }
    return all + "],\n\"Engine Metadata\": {\n  \"Multi-Device\": \"Disabled\"\n}}";
}

nvinfer1::IEngineInspector *makeInspector(std::shared_ptr<const Plan> plan) { return new Inspector(std::move(plan)); }

} // namespace standIn
