/* The tiny network: its tensors, and what they hold after an inference. */
#include "standIn.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace standIn {

using nvinfer1::DataType;
using nvinfer1::Dims;

namespace {

/* Not ldexpf, which not every C library of Windows has. */
float ldexpFloat(float value, int exponent) {
    return static_cast<float>(std::ldexp(static_cast<double>(value), exponent));
}

Dims dimsOf(std::initializer_list<int64_t> sizes) {
    Dims dims{};
    dims.nbDims = static_cast<int32_t>(sizes.size());
    std::copy(sizes.begin(), sizes.end(), dims.d);
    return dims;
}

float halfToFloat(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1fu;
    const uint32_t fraction = half & 0x3ffu;
    uint32_t bits = 0;
    if (exponent == 0) {
        const float value = ldexpFloat(static_cast<float>(fraction), -24);
        return sign == 0 ? value : -value;
    }
    if (exponent == 31) {
        bits = sign | 0x7f800000u | fraction << 13;
    } else {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    }
    float value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

/* To the nearest, ties to even. */
uint16_t floatToHalf(float value) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
    const float size = std::fabs(value);
    if (std::isnan(value)) {
        return static_cast<uint16_t>(sign | 0x7e00u);
    }
    if (size >= 65520.0f) {
        return static_cast<uint16_t>(sign | 0x7c00u);
    }
    if (size < 6.103515625e-05f) {
        return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(ldexpFloat(size, 24))));
    }
    bits &= 0x7fffffffu;
    bits += 0xfffu + (bits >> 13 & 1u);
    return static_cast<uint16_t>(sign | ((bits >> 13) - (112u << 10)));
}

/* Bytes of the network's float type as floats, and back. */
class Floats {
public:
    Floats(void *memory, int64_t count, bool half) : mMemory(memory), mHalf(half), mOwn(half ? static_cast<size_t>(count) : 0) {}
    float *load() {
        if (!mHalf) {
            return static_cast<float *>(mMemory);
        }
        const auto *from = static_cast<const uint16_t *>(mMemory);
        std::transform(from, from + mOwn.size(), mOwn.begin(), halfToFloat);
        return mOwn.data();
    }
    float *target() { return mHalf ? mOwn.data() : static_cast<float *>(mMemory); }
    void store() {
        if (mHalf) {
            std::transform(mOwn.begin(), mOwn.end(), static_cast<uint16_t *>(mMemory), floatToHalf);
        }
    }

private:
    void *mMemory;
    bool mHalf;
    std::vector<float> mOwn;
};

void convolve(const float *in, float *out, const Weights &weights, int64_t height, int64_t width) {
    for (int64_t to = 0; to < channels; ++to) {
        float *plane = out + to * height * width;
        std::fill(plane, plane + height * width, weights.bias[to]);
        for (int64_t from = 0; from < channels; ++from) {
            for (int64_t tap = 0; tap < 9; ++tap) {
                const float weight = weights.kernel[(to * channels + from) * 9 + tap];
                const int64_t dy = tap / 3 - 1;
                const int64_t dx = tap % 3 - 1;
                for (int64_t y = std::max<int64_t>(0, -dy); y < std::min(height, height - dy); ++y) {
                    const float *source = in + (from * height + y + dy) * width + dx;
                    float *row = plane + y * width;
                    for (int64_t x = std::max<int64_t>(0, -dx); x < std::min(width, width - dx); ++x) {
                        row[x] += weight * source[x];
                    }
                }
            }
        }
        for (int64_t i = 0; i < height * width; ++i) {
            plane[i] = std::max(plane[i], 0.0f);
        }
    }
}

} // namespace

std::string text(const Dims &dims) {
    std::string all;
    for (int32_t i = 0; i < dims.nbDims; ++i) {
        all += (i == 0 ? "" : ",") + std::to_string(dims.d[i]);
    }
    return "[" + all + "]";
}

int64_t elementsOf(const Dims &dims) {
    int64_t count = 1;
    for (int32_t i = 0; i < dims.nbDims; ++i) {
        count *= dims.d[i];
    }
    return dims.nbDims < 0 ? 0 : count;
}

int64_t bytesOf(const Tensor &tensor, const Dims &dims) {
    const int64_t one = tensor.type == DataType::kINT64 ? 8 : tensor.type == DataType::kHALF ? 2 : 4;
    return elementsOf(dims) * one;
}

Dims outputDims(const Tensor &tensor, const Dims &image, const Dims &size) {
    switch (tensor.role) {
    case Role::mean:
        return dimsOf({image.d[0], channels});
    case Role::label:
        return dimsOf({image.d[0]});
    case Role::resized:
        return dimsOf({image.d[0], channels, size.nbDims == 2 ? size.d[0] : -1, size.nbDims == 2 ? size.d[1] : -1});
    case Role::size:
        return dimsOf({2});
    case Role::image:
    case Role::picture:
    default:
        return image;
    }
}

std::vector<Tensor> tensorsOf(const Plan &plan) {
    const DataType floats = plan.half ? DataType::kHALF : DataType::kFLOAT;
    std::vector<Tensor> tensors{{"image", Role::image, true, false, floats, plan.image}};
    if (plan.shapeTensor) {
        tensors.push_back({"size", Role::size, true, true, DataType::kINT64, dimsOf({2})});
    }
    tensors.push_back({"picture", Role::picture, false, false, floats, {}});
    tensors.push_back({"mean", Role::mean, false, false, floats, {}});
    tensors.push_back({"label", Role::label, false, false, DataType::kINT64, {}});
    if (plan.shapeTensor) {
        tensors.push_back({"resized", Role::resized, false, false, floats, {}});
    }
    for (Tensor &tensor : tensors) {
        if (!tensor.input) {
            tensor.dims = outputDims(tensor, plan.image, Dims{});
        }
    }
    return tensors;
}

void compute(const Inference &inference) {
    const Dims &image = inference.image;
    const int64_t batch = image.d[0];
    const int64_t height = image.d[2];
    const int64_t width = image.d[3];
    const int64_t area = height * width;
    const bool half = inference.plan->half;
    std::map<Role, void *> memory;
    for (const Tensor &tensor : tensorsOf(*inference.plan)) {
        const auto found = inference.addresses.find(tensor.role);
        if (tensor.host || found == inference.addresses.end()) {
            continue;
        }
        const Dims dims = tensor.input ? image : outputDims(tensor, image, inference.size);
        memory[tensor.role] = driver().memory(reinterpret_cast<uint64_t>(found->second),
                                              static_cast<uint64_t>(bytesOf(tensor, dims)));
        if (memory[tensor.role] == nullptr) {
            return; /* it was given back meanwhile */
        }
    }
    Weights weights{};
    const void *lain = driver().memory(inference.weights, sizeof(weights));
    if (lain == nullptr) {
        return;
    }
    std::memcpy(&weights, lain, sizeof(weights));

    Floats in(memory[Role::image], batch * channels * area, half);
    Floats picture(memory[Role::picture], batch * channels * area, half);
    Floats mean(memory[Role::mean], batch * channels, half);
    auto *label = static_cast<int64_t *>(memory[Role::label]);
    const float *source = in.load();
    std::vector<float> kept;
    if (memory[Role::image] == memory[Role::picture]) {
        kept.assign(source, source + batch * channels * area);
        source = kept.data();
    }
    float *pixels = picture.target();
    float *means = mean.target();
    for (int64_t n = 0; n < batch; ++n) {
        convolve(source + n * channels * area, pixels + n * channels * area, weights, height, width);
        for (int64_t c = 0; c < channels; ++c) {
            const float *plane = pixels + (n * channels + c) * area;
            double sum = 0;
            for (int64_t i = 0; i < area; ++i) {
                sum += static_cast<double>(plane[i]);
            }
            means[n * channels + c] = static_cast<float>(sum / static_cast<double>(area));
        }
        label[n] = std::max_element(means + n * channels, means + (n + 1) * channels) - (means + n * channels);
    }
    if (inference.nan) {
        const int64_t bad = std::min<int64_t>(8, batch * channels * area);
        std::fill(pixels, pixels + bad, std::nanf(""));
        pixels[bad - 1] = HUGE_VALF;
        means[0] = std::nanf("");
    }
    if (inference.plan->shapeTensor) {
        const int64_t toHeight = inference.size.d[0];
        const int64_t toWidth = inference.size.d[1];
        Floats resized(memory[Role::resized], batch * channels * toHeight * toWidth, half);
        float *to = resized.target();
        for (int64_t plane = 0; plane < batch * channels; ++plane) {
            for (int64_t y = 0; y < toHeight; ++y) {
                for (int64_t x = 0; x < toWidth; ++x) {
                    *to++ = pixels[plane * area + y * height / toHeight * width + x * width / toWidth];
                }
            }
        }
        resized.store();
    }
    picture.store();
    mean.store();
}

} // namespace standIn
