#include "runtimeCache.h"

#include "events.h"
#include "failure.h"
#include "platform.h"

#include <cstring>

namespace engine_shim {

namespace {

/* A cache of a large model has some hundred megabytes; more is another file. */
constexpr uint64_t largestCache = 4ull << 30;

} // namespace

RuntimeCacheFile::RuntimeCacheFile(std::string path) : mPath(std::move(path)) {
    if (!isOn()) {
        return;
    }
    mFacts.state = "missing";
    uint8_t nothing = 0;
    const FileHead head = readFileHead(mPath.c_str(), &nothing, 0);
    if (head.type == ES_FILE_UNKNOWN) {
        return; /* not there, or not to be seen: writing will tell */
    }
    try {
        const InputFile file(mPath, "runtime cache");
        if (file.size() > largestCache) {
            throw Failure(ES_FILE_ERROR, "The runtime cache " + mPath + " is too large to be one.");
        }
        mBytes.resize(static_cast<size_t>(file.size()));
        int32_t error = 0;
        const int64_t got = file.read(mBytes.data(), mBytes.size(), 0, error);
        if (got < 0) {
            throw Failure(ES_FILE_ERROR, "Cannot read the runtime cache " + mPath + ": " + systemErrorText(error) + ".");
        }
        mBytes.resize(static_cast<size_t>(got));
    } catch (const Failure &failure) {
        mBytes.clear();
        mFacts.message = failure.sentence();
    }
}

bool RuntimeCacheFile::wasCold() const noexcept { return isOn() && std::strcmp(mFacts.state, "loaded") != 0; }

std::unique_ptr<nvinfer1::IRuntimeCache> RuntimeCacheFile::load(const nvinfer1::IRuntimeConfig &config) {
    std::unique_ptr<nvinfer1::IRuntimeCache> cache(config.createRuntimeCache());
    if (!cache) {
        mFacts.message = "TensorRT-RTX could not make a runtime cache.";
        return nullptr;
    }
    if (mBytes.empty()) {
        return cache;
    }
    const bool isTaken = cache->deserialize(mBytes.data(), mBytes.size());
    if (!mIsSaved) {
        mFacts.state = isTaken ? "loaded" : "refused";
        if (isTaken) {
            mFacts.loadedBytes = static_cast<int64_t>(mBytes.size());
        }
    }
    return cache;
}

void RuntimeCacheFile::save(const nvinfer1::IRuntimeCache &cache) {
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache.serialize());
    if (!bytes || bytes->data() == nullptr || bytes->size() == 0) {
        mFacts.message = "TensorRT-RTX gave nothing to write into the runtime cache " + mPath + ".";
        return;
    }
    const auto *first = static_cast<const uint8_t *>(bytes->data());
    const bool isSame = bytes->size() == mBytes.size() && std::memcmp(first, mBytes.data(), mBytes.size()) == 0;
    if (!isSame) {
        try {
            NewFile file(mPath + "." + std::to_string(monotonicNow()) + ".tmp");
            if (const int32_t error = file.write(first, bytes->size())) {
                throw Failure(ES_FILE_ERROR, "Cannot write " + file.path() + ": " + systemErrorText(error) + ".");
            }
            file.keep();
            if (const int32_t error = replaceFile(file.path(), mPath)) {
                removeFile(file.path());
                throw Failure(ES_FILE_ERROR, "Cannot write the runtime cache " + mPath + ": " + systemErrorText(error) + ".");
            }
            mFacts.savedBytes = static_cast<int64_t>(bytes->size());
        } catch (const Failure &failure) {
            mFacts.message = failure.sentence();
        }
    }
    mBytes.assign(first, first + bytes->size());
    mIsSaved = true;
}

} // namespace engine_shim
