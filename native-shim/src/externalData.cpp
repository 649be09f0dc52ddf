#include "externalData.h"

#include "failure.h"

#include <algorithm>
#include <array>

namespace engine_shim {

namespace {

constexpr size_t mostNameBytes = 64u << 10;

/* Field numbers of onnx.proto. */
constexpr uint32_t modelGraph = 7;
constexpr uint32_t graphInitializer = 5;
constexpr uint32_t tensorName = 8;
constexpr uint32_t tensorExternalData = 13;
constexpr uint32_t tensorDataLocation = 14;
constexpr uint32_t entryKey = 1;
constexpr uint32_t entryValue = 2;

struct Field {
    uint32_t number = 0;
    uint64_t value = 0; /* of a number */
    uint64_t begin = 0; /* of what has a length */
    uint64_t end = 0;
    bool hasLength = false;
};

/* protobuf's wire format, read from any place of a file with one small window. */
class WireReader {
public:
    explicit WireReader(const InputFile &file) : mFile(file) {}

    /* The field at this place, which is then behind it. */
    Field field(uint64_t &at, uint64_t end) {
        const uint64_t tag = number(at, end);
        Field found;
        found.number = static_cast<uint32_t>(tag >> 3);
        switch (tag & 7) {
        case 0:
            found.value = number(at, end);
            return found;
        case 1:
            skip(at, end, 8);
            return found;
        case 2: {
            const uint64_t length = number(at, end);
            found.hasLength = true;
            found.begin = at;
            skip(at, end, length);
            found.end = at;
            return found;
        }
        case 5:
            skip(at, end, 4);
            return found;
        default:
            throw damaged();
        }
    }

    std::string text(const Field &field) {
        const uint64_t size = field.end - field.begin;
        if (!field.hasLength || size > mostNameBytes) {
            throw damaged();
        }
        std::string bytes;
        bytes.reserve(static_cast<size_t>(size));
        for (uint64_t at = field.begin; at < field.end; ++at) {
            bytes.push_back(static_cast<char>(byte(at)));
        }
        return bytes;
    }

    Failure damaged() const {
        return Failure(ES_MODEL_REJECTED, mFile.path() + " is damaged or no ONNX file: its fields do not fit into it.");
    }

private:
    uint64_t number(uint64_t &at, uint64_t end) {
        uint64_t value = 0;
        for (unsigned int shift = 0; shift < 64; shift += 7) {
            if (at >= end) {
                throw damaged();
            }
            const uint8_t next = byte(at++);
            value |= uint64_t{next & 0x7fu} << shift;
            if ((next & 0x80u) == 0) {
                return value;
            }
        }
        throw damaged();
    }

    void skip(uint64_t &at, uint64_t end, uint64_t size) const {
        if (size > end - at) {
            throw damaged();
        }
        at += size;
    }

    uint8_t byte(uint64_t at) {
        if (at < mStart || at - mStart >= mSize) {
            int32_t error = 0;
            const int64_t got = mFile.read(mWindow.data(), mWindow.size(), at, error);
            if (got < 0) {
                throw Failure(ES_FILE_ERROR, "Cannot read the model " + mFile.path() + ": " + systemErrorText(error) + ".");
            }
            mStart = at;
            mSize = static_cast<uint64_t>(got);
            if (mSize == 0) {
                throw damaged();
            }
        }
        return mWindow[static_cast<size_t>(at - mStart)];
    }

    const InputFile &mFile;
    std::array<uint8_t, 4096> mWindow{};
    uint64_t mStart = 0;
    uint64_t mSize = 0;
};

uint64_t wholeNumber(const std::string &text, const WireReader &reader) {
    uint64_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9' || value > (UINT64_MAX - 9) / 10) {
            throw reader.damaged();
        }
        value = value * 10 + static_cast<uint64_t>(digit - '0');
    }
    return value;
}

/* "key" and "value" of a StringStringEntryProto. */
void readEntry(WireReader &reader, const Field &entry, ExternalTensor &tensor) {
    std::string key;
    std::string value;
    for (uint64_t at = entry.begin; at < entry.end;) {
        const Field field = reader.field(at, entry.end);
        if (field.number == entryKey) {
            key = reader.text(field);
        } else if (field.number == entryValue) {
            value = reader.text(field);
        }
    }
    if (key == "location") {
        tensor.location = value;
    } else if (key == "offset") {
        tensor.offset = wholeNumber(value, reader);
    } else if (key == "length") {
        tensor.length = wholeNumber(value, reader);
    }
}

} // namespace

std::vector<ExternalTensor> externalTensors(const InputFile &model) {
    std::vector<ExternalTensor> found;
    WireReader reader(model);
    for (uint64_t inModel = 0; inModel < model.size();) {
        const Field graph = reader.field(inModel, model.size());
        if (graph.number != modelGraph || !graph.hasLength) {
            continue;
        }
        for (uint64_t inGraph = graph.begin; inGraph < graph.end;) {
            const Field initializer = reader.field(inGraph, graph.end);
            if (initializer.number != graphInitializer || !initializer.hasLength) {
                continue;
            }
            ExternalTensor tensor;
            bool isExternal = false;
            for (uint64_t inTensor = initializer.begin; inTensor < initializer.end;) {
                const Field field = reader.field(inTensor, initializer.end);
                if (field.number == tensorName) {
                    tensor.name = reader.text(field);
                } else if (field.number == tensorDataLocation) {
                    isExternal = field.value == 1;
                } else if (field.number == tensorExternalData && field.hasLength) {
                    readEntry(reader, field, tensor);
                }
            }
            if (isExternal) {
                found.push_back(std::move(tensor));
            }
        }
    }
    return found;
}

std::string externalDataPath(const std::string &model, const ExternalTensor &tensor) {
    const std::string &location = tensor.location;
    bool leaves = location.empty() || location.find(':') != std::string::npos;
    for (size_t begin = 0; !leaves && begin <= location.size();) {
        const size_t end = std::min(location.find_first_of("/\\", begin), location.size());
        const std::string part = location.substr(begin, end - begin);
        leaves = part == ".." || (part.empty() && begin == 0);
        begin = end + 1;
    }
    if (leaves) {
        throw Failure(ES_MODEL_REJECTED, "The weights \"" + tensor.name + "\" of " + model +
                                             " are said to lie in \"" + location + "\", which is not a file in the model's folder.");
    }
    return joinPath(directoryOf(model), location);
}

} // namespace engine_shim
