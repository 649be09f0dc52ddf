/*
 * Reading an engine that standIns.ts wrote:
 *
 *   0    64 bytes as TensorRT-RTX writes them
 *   64   u32 length of the description, then the description: "STAND-IN ENGINE 1", then lines "key value ..."
 *   ...  zeros up to a multiple of 256
 *   then the weights of the network (84 floats), u64 FNV-1a of description and weights, then zeros: the weights that
 *   only weigh, up to the length of the file
 */
#include "../system.h"
#include "standIn.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace standIn {

namespace {

constexpr int64_t headerSize = 64;
constexpr int64_t pieceSize = 4 << 20;
constexpr uint32_t longestDescription = 4 << 20;

/* Words and numbers with spaces between them. */
class Words {
public:
    explicit Words(const std::string &text) : mText(text) {}

    bool line(std::string &to) {
        if (mAt >= mText.size()) {
            return false;
        }
        const size_t end = std::min(mText.find('\n', mAt), mText.size());
        to = mText.substr(mAt, end - mAt);
        mAt = end + 1;
        return true;
    }
    Words &operator>>(std::string &to) {
        const size_t start = std::min(mText.find_first_not_of(' ', mAt), mText.size());
        mAt = std::min(mText.find(' ', start), mText.size());
        to = mText.substr(start, mAt - start);
        mFailed = mFailed || to.empty();
        return *this;
    }
    template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>> Words &operator>>(T &to) {
        std::string word;
        char *end = nullptr;
        *this >> word;
        const long long value = std::strtoll(word.c_str(), &end, 10);
        mFailed = mFailed || *end != '\0';
        to = static_cast<T>(value);
        return *this;
    }
    bool fail() const { return mFailed; }

private:
    const std::string &mText;
    size_t mAt = 0;
    bool mFailed = false;
};

/* A read may give less than it was asked for. */
bool readAll(nvinfer1::IStreamReaderV2 &reader, void *to, int64_t size) {
    auto *at = static_cast<char *>(to);
    while (size > 0) {
        const int64_t got = reader.read(at, size, nullptr);
        if (got <= 0 || got > size) {
            return false;
        }
        at += got;
        size -= got;
    }
    return true;
}

nvinfer1::Dims readDims(Words &in) {
    nvinfer1::Dims dims{};
    in >> dims.nbDims;
    dims.nbDims = dims.nbDims < 0 || dims.nbDims > nvinfer1::Dims::MAX_DIMS ? 0 : dims.nbDims;
    for (int32_t i = 0; i < dims.nbDims; ++i) {
        in >> dims.d[i];
    }
    return dims;
}

Range readRange(Words &in) {
    Range range;
    range.least = readDims(in);
    range.best = readDims(in);
    range.most = readDims(in);
    return range;
}

uint64_t fnv(const void *bytes, size_t size, uint64_t hash) {
    const auto *at = static_cast<const unsigned char *>(bytes);
    for (size_t i = 0; i < size; ++i) {
        hash = (hash ^ at[i]) * 0x100000001b3ull;
    }
    return hash;
}

/* Engines that run code of their own may do anything. */
void misbehave(const std::string &how) {
    if (how == "crash") {
        std::fprintf(stderr, "STAND-IN TensorRT-RTX: this engine crashes\n");
        std::abort();
    }
    for (;;) {
        systemSleepNs(1000000000);
    }
}

bool parse(const std::string &description, Plan &plan) {
    Words lines(description);
    std::string line;
    lines.line(line);
    if (line != "STAND-IN ENGINE 1") {
        return false;
    }
    while (lines.line(line)) {
        Words in(line);
        std::string key;
        in >> key;
        if (key == "name") {
            plan.name = line.substr(5);
        } else if (key == "half") {
            in >> plan.half;
        } else if (key == "shape_tensor") {
            in >> plan.shapeTensor;
        } else if (key == "streaming") {
            in >> plan.streaming;
        } else if (key == "refittable") {
            in >> plan.refittable;
        } else if (key == "alias") {
            in >> plan.alias;
        } else if (key == "vectorized_profile") {
            in >> plan.vectorizedProfile;
        } else if (key == "weights") {
            in >> plan.weightBytes;
        } else if (key == "scratch") {
            in >> plan.scratchBytes;
        } else if (key == "least_budget") {
            in >> plan.leastBudget;
        } else if (key == "latency_ns") {
            in >> plan.latencyNs;
        } else if (key == "stream_ns") {
            in >> plan.streamNs;
        } else if (key == "jit_ns") {
            in >> plan.jitNs;
        } else if (key == "layers") {
            in >> plan.layers;
        } else if (key == "aux_streams") {
            in >> plan.auxStreams;
        } else if (key == "verbosity") {
            in >> plan.verbosity;
        } else if (key == "suffers") {
            std::string how;
            in >> how;
            misbehave(how);
        } else if (key == "image") {
            plan.image = readDims(in);
        } else if (key == "profile") {
            Profile profile;
            profile.image = readRange(in);
            if (plan.shapeTensor) {
                profile.size = readRange(in);
            }
            plan.profiles.push_back(profile);
        } else {
            return false;
        }
        if (key != "name" && in.fail()) {
            return false;
        }
    }
    return plan.image.nbDims == 4 && plan.weightBytes >= static_cast<int64_t>(sizeof(Weights)) && plan.layers >= 4;
}

std::string layerName(const Plan &plan, int32_t index) {
    const char *const parts[] = {"__myl_Move", "node_of_picture", "node_of_mean", "node_of_label"};
    const std::string number = "_myl0_" + std::to_string(index);
    if (plan.verbosity == 1) {
        return std::to_string(index);
    }
    return index < 4 ? parts[index] + number : "node_of_extra_" + std::to_string(index) + number;
}

} // namespace

std::shared_ptr<Plan> readPlan(nvinfer1::IStreamReaderV2 &reader, DeviceMemory &weights, bool deferred,
                               std::string &why) {
    unsigned char header[headerSize];
    if (!reader.seek(0, nvinfer1::SeekPosition::kSET) || !readAll(reader, header, headerSize) ||
        std::memcmp(header, "vtrt", 4) != 0) {
        why = "the header is not that of an engine";
        return nullptr;
    }
    uint64_t fileSize = 0;
    std::memcpy(&fileSize, header + 16, sizeof(fileSize));
    if (header[24] != versionMajor || header[25] != versionMinor || header[26] != versionPatch) {
        why = "The engine plan file is not compatible with this version of TensorRT-RTX, expecting library version 1.7.0";
        return nullptr;
    }
    uint32_t length = 0;
    if (!readAll(reader, &length, sizeof(length)) || length < 17 || length > longestDescription) {
        why = "this is no engine of the stand-in";
        return nullptr;
    }
    std::string description(length, '\0');
    auto plan = std::make_shared<Plan>();
    if (!readAll(reader, description.data(), length) || !parse(description, *plan)) {
        why = description.compare(0, 15, "STAND-IN ENGINE") == 0 ? "its description is damaged"
                                                                 : "this is no engine of the stand-in";
        return nullptr;
    }
    const int64_t begin = headerSize + 4 + length;
    const int64_t weightsAt = (begin + 255) / 256 * 256;
    Weights values{};
    uint64_t expected = 0;
    /* Past the gap, from where it is; sometimes from the start, for a reader must know both. */
    const bool sought = length % 2 == 0 ? reader.seek(weightsAt - begin, nvinfer1::SeekPosition::kCUR)
                                        : reader.seek(weightsAt, nvinfer1::SeekPosition::kSET);
    if (!sought || !readAll(reader, &values, sizeof(values)) || !readAll(reader, &expected, sizeof(expected))) {
        why = "the stream ended before the weights";
        return nullptr;
    }
    const uint64_t seen = fnv(&values, sizeof(values), fnv(description.data(), length, 0xcbf29ce484222325ull));
    if (seen != expected) {
        why = "the weights do not match their checksum";
        return nullptr;
    }
    plan->identity = seen;
    for (int32_t i = 0; i < plan->layers; ++i) {
        plan->layerNames.push_back(layerName(*plan, i));
    }

    plan->deferred = deferred && !plan->streaming;
    if (plan->deferred) {
        return plan;
    }
    /* The network's own weights are always on the GPU; without streaming so are all the others. */
    if (weights.take(plan->streaming ? static_cast<int64_t>(sizeof(Weights)) : plan->weightBytes) != 0) {
        why = "there is not enough GPU memory for the weights";
        return nullptr;
    }
    const int copied = driver().memcpyHtoD(weights.address(), &values, sizeof(values));
    if (copied != 0) {
        why = "Cuda Runtime (" + cudaText(copied) + ")";
        return nullptr;
    }
    /* The rest is read, in turn into memory of the host and of the GPU, and not kept. */
    std::string piece(static_cast<size_t>(pieceSize), '\0');
    DeviceMemory staging;
    int64_t left = static_cast<int64_t>(fileSize) - weightsAt - static_cast<int64_t>(sizeof(values) + sizeof(expected));
    if (left > pieceSize && staging.take(pieceSize) != 0) {
        why = "there is not enough GPU memory to bring the weights there";
        return nullptr;
    }
    for (bool device = false; left > 0; device = !device) {
        const int64_t wanted = left < pieceSize ? left : pieceSize;
        void *to = device ? reinterpret_cast<void *>(staging.address()) : piece.data();
        if (!readAll(reader, to, wanted)) {
            why = "the stream ended " + std::to_string(left) + " bytes before the engine did";
            return nullptr;
        }
        left -= wanted;
        systemSleepNs(driver().fault("slow_read_ms") * 1000000);
    }
    return plan;
}

std::vector<float> layerTimes(const Plan &plan, int64_t durationNs) {
    /* The convolution takes half of it, the others share what is left, each a bit differently. */
    std::vector<double> parts;
    double sum = 0;
    for (int32_t i = 0; i < plan.layers; ++i) {
        const double part = i == 1 ? 0 : 1 + static_cast<double>((i * 37) % 11) / 5;
        parts.push_back(part);
        sum += part;
    }
    std::vector<float> times;
    for (size_t i = 0; i < parts.size(); ++i) {
        const double share = i == 1 ? 0.5 : 0.5 * parts[i] / sum;
        times.push_back(static_cast<float>(share * static_cast<double>(durationNs) / 1e6));
    }
    return times;
}

} // namespace standIn
