/*
 * runtimeCache.h - the file with kernels that TensorRT-RTX compiled for this GPU: read into an IRuntimeCache, written back
 * whole. What goes wrong with it is told and stops nothing.
 */
#pragma once

#include "reports.h"

#include "NvInferRuntime.h"

#include <memory>
#include <string>
#include <vector>

namespace engine_shim {

class RuntimeCacheFile {
public:
    /* path empty: no cache. Reads the file. */
    explicit RuntimeCacheFile(std::string path);

    bool isOn() const noexcept { return !mPath.empty(); }
    const CacheFacts &facts() const noexcept { return mFacts; }
    CacheFacts &facts() noexcept { return mFacts; }
    /* Whether what a run compiled was not in the file. */
    bool wasCold() const noexcept;

    /* A cache with what the file held, or an empty one where the library refuses it; nullptr: the library makes none. */
    std::unique_ptr<nvinfer1::IRuntimeCache> load(const nvinfer1::IRuntimeConfig &config);
    /* Writes it to a temporary file beside and renames that. From then on load() gives these bytes. */
    void save(const nvinfer1::IRuntimeCache &cache);

private:
    const std::string mPath;
    CacheFacts mFacts;
    std::vector<uint8_t> mBytes;
    bool mIsSaved = false;
};

} // namespace engine_shim
