/*
 * engine.h - an engine, deserialized on the GPU and given back with the object, and what its interface tells without an
 * execution context.
 */
#pragma once

#include "engineFile.h"
#include "libraryErrors.h"
#include "reports.h"
#include "runtime.h"
#include "stages.h"

#include "NvInferRuntime.h"

#include <memory>
#include <string>
#include <vector>

namespace engine_shim {

/* "[1, 3, 224, 224]" */
std::string shapeText(const std::vector<int64_t> &shape);
std::vector<int64_t> shapeOf(const nvinfer1::Dims &dims);
/* Elements; -1: a dimension is dynamic, or there are more than memory could hold. */
int64_t volumeOf(const std::vector<int64_t> &shape) noexcept;
/* Bytes of so many elements of a DataType, packed; -1: the type is not known. */
int64_t bytesOf(int64_t elements, int32_t type) noexcept;
/* "FP32", by the name in NvInferRuntimeBase.h without its k. */
std::string typeText(int32_t type);

/* maybeNone: what is asked needs no weights on the GPU, so that those that don't fit stay where they are (from 1.6). */
enum class WeightsUse { all, maybeNone };

/* What an inspection and a run have in common; made on the job's thread, which the GPU's context is current for. */
class EngineSession {
public:
    /* Reads and deserializes. Throws Failure. */
    EngineSession(nvinfer1::IRuntime &runtime, const std::string &path, const Job &job, Stages &stages,
                  LibraryErrors &errors, WeightsUse use = WeightsUse::all);
    EngineSession(const EngineSession &) = delete;
    EngineSession &operator=(const EngineSession &) = delete;

    nvinfer1::ICudaEngine &engine() const noexcept { return *mEngine; }
    /* Gives the engine back before the rest, so that the memory after it can be told. */
    void releaseEngine() noexcept { mEngine.reset(); }
    const CudaContext &cuda() const noexcept { return *mCuda; }

    CudaDeviceFacts gpu;
    int64_t freeBefore = -1;
    int64_t freeLoaded = -1;
    int64_t loadNs = 0;
    int64_t streamable = 0;
    bool isDeferred = false;
    /* As the library took it by itself; 0 where nothing is streamable. */
    int64_t defaultBudget = 0;
    std::vector<TensorInfo> tensors;
    int32_t profileCount = 0;

private:
    void readTensors();

    std::unique_ptr<CudaContext> mCuda;
    std::unique_ptr<nvinfer1::ICudaEngine> mEngine;
};

/* Does the work of an inspection or a run with lines and stages in order; when it fails, the result is headSize bytes, the
 * first eight of them the length of the JSON behind them, which tells the stage. */
void withReport(RunContext &context, size_t headSize, const std::function<void(Stages &, LibraryErrors &)> &work);

} // namespace engine_shim
