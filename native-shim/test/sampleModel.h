/*
 * sampleModel.h - small ONNX models made here, so that the tests need no file from elsewhere. ONNX is protobuf: a message is
 * a row of (field number, wire type) tags with numbers or lengths and bytes behind them.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sample {

inline std::string varint(uint64_t value) {
    std::string bytes;
    while (value >= 0x80) {
        bytes += static_cast<char>((value & 0x7f) | 0x80);
        value >>= 7;
    }
    return bytes + static_cast<char>(value);
}
inline std::string number(uint32_t field, uint64_t value) { return varint(field << 3) + varint(value); }
inline std::string bytes(uint32_t field, const std::string &value) {
    return varint(field << 3 | 2) + varint(value.size()) + value;
}

struct ModelOptions {
    bool dynamicBatch = true;
    std::string operatorType = "Conv";  /* of the first node, "conv1" */
    std::string externalData;           /* file name for the weights; empty: inside the model */
    int64_t channels = 3;
};

constexpr int64_t convOutputs = 8;

inline std::string weights(const ModelOptions &options) {
    std::string raw;
    for (int64_t i = 0; i < convOutputs * options.channels * 9; ++i) {
        const float value = static_cast<float>(i % 17) / 17.0F - 0.5F;
        raw.append(reinterpret_cast<const char *>(&value), sizeof(value));
    }
    return raw;
}

/* x [batch, channels, 16, 16] -> conv1 -> relu1 -> y */
inline std::string model(const ModelOptions &options = {}) {
    const auto dimension = [](const std::string &content) { return bytes(1, content); };
    const auto tensor = [&](const char *name, int64_t channels) {
        const std::string batch = options.dynamicBatch ? bytes(2, "batch") : number(1, 1);
        const std::string shape = dimension(batch) + dimension(number(1, static_cast<uint64_t>(channels))) +
                                  dimension(number(1, 16)) + dimension(number(1, 16));
        return bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, shape)));
    };
    std::string pads = bytes(1, "pads");
    for (int i = 0; i < 4; ++i) {
        pads += number(8, 1);
    }
    pads += number(20, 7); /* INTS */
    const std::string conv = bytes(1, "x") + bytes(1, "w") + bytes(2, "c") + bytes(3, "conv1") +
                             bytes(4, options.operatorType) + bytes(5, pads);
    const std::string relu = bytes(1, "c") + bytes(2, "y") + bytes(3, "relu1") + bytes(4, "Relu");
    std::string weight = number(1, convOutputs) + number(1, static_cast<uint64_t>(options.channels)) + number(1, 3) +
                         number(1, 3) + number(2, 1) + bytes(8, "w");
    if (options.externalData.empty()) {
        weight += bytes(9, weights(options));
    } else {
        weight += bytes(13, bytes(1, "location") + bytes(2, options.externalData)) + number(14, 1);
    }
    const std::string graph = bytes(1, conv) + bytes(1, relu) + bytes(2, "sample") + bytes(5, weight) +
                              bytes(11, tensor("x", options.channels)) + bytes(12, tensor("y", convOutputs));
    return number(1, 8) + bytes(2, "engine-shim-test") + bytes(7, graph) + bytes(8, bytes(1, "") + number(2, 17));
}

} // namespace sample
