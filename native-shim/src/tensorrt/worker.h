/*
 * worker.h - one execution context with its stream, its buffers and its events: what one thread of a measurement works
 * with. Workers share nothing but the inputs on the host, which are only read.
 */
#pragma once

#include "engine.h"

#include <memory>
#include <string>
#include <vector>

namespace engine_shim {

/* The bytes of one input, read once for all workers. */
struct HostInput {
    const TensorInfo *tensor;
    std::vector<int64_t> shape;
    size_t bytes;
    PinnedMemory memory;
};

/* Checks what was asked against the engine and one of its profiles, then reads the files. Throws Failure with a sentence
 * that names the input. */
std::vector<HostInput> readInputs(const EngineSession &session, const RunRequest &request, const Job &job);

/* Where an output goes; also asked by the library where its size depends on the data. */
class OutputBuffer : public nvinfer1::IOutputAllocator {
public:
    OutputBuffer(const CudaDriver &driver, const TensorInfo &tensor) : mDriver(driver), mTensor(tensor) {}

    /* shape: as far as it is known before the run. Takes memory on the GPU, and on the host to copy it to. */
    void allocate(const nvinfer1::IExecutionContext &context, const nvinfer1::ICudaEngine &engine, int32_t profile,
                  const DeviceMemory *shared);
    void *address() const noexcept { return mTensor.isOnHost() ? mHost.get() : device().get(); }

    void *reallocateOutputAsync(const char *name, void *current, uint64_t size, uint64_t alignment,
                                cudaStream_t stream) noexcept override;
    void notifyShape(const char *name, const nvinfer1::Dims &dims) noexcept override;

    /* Puts the copy to the host on the stream. */
    CudaStatus copyOut(CudaStreamHandle *stream) noexcept;

    const TensorInfo &tensor() const noexcept { return mTensor; }
    bool isDynamic() const noexcept { return mIsDynamic; }
    /* After a run. */
    const std::vector<int64_t> shape() const { return {mShape, mShape + mRank}; }
    size_t bytes() const noexcept { return mBytes; }
    bool isLinear() const noexcept { return mIsLinear; }
    /* It is written where an input is read. */
    bool isAlias() const noexcept { return mShared != nullptr; }
    const uint8_t *host() const noexcept { return mHost.get(); }
    /* Of taking memory when the library asked for it; 0: none. */
    CudaStatus failure() const noexcept { return mFailure; }

private:
    void grow(size_t size);
    const DeviceMemory &device() const noexcept { return mShared != nullptr ? *mShared : mDevice; }

    const CudaDriver &mDriver;
    const TensorInfo &mTensor;
    DeviceMemory mDevice;
    const DeviceMemory *mShared = nullptr; /* of an input, which outlives this */
    PinnedMemory mHost;
    int64_t mShape[nvinfer1::Dims::MAX_DIMS] = {};
    int32_t mRank = 0;
    size_t mBytes = 0;
    bool mIsDynamic = false;
    bool mIsLinear = true;
    CudaStatus mFailure = 0;
};

class Worker {
public:
    Worker(const EngineSession &session, LibraryErrors &errors);
    /* Waits for what is on the stream: nobody may take the buffers away before. */
    ~Worker();
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    /* Times it. Throws Failure. */
    void createContext(nvinfer1::IRuntimeConfig &config);
    int64_t contextNs() const noexcept { return mContextNs; }
    /* The profile, the shapes and what they lead to. The inputs stay the caller's and outlive this. */
    void setShapes(const std::vector<HostInput> &inputs, int32_t profile);
    /* Takes the buffers, tells the context, copies the inputs in. */
    void allocate();
    /* The next context works with the buffers that are there. */
    void releaseContext() noexcept { mContext.reset(); }
    void bind();

    /* One inference, waited for, measured. Allocates nothing and takes no lock. False: it failed, throwFailure tells. */
    bool iterate(bool withCopies, es_run_sample &sample) noexcept;
    [[noreturn]] void throwFailure() const;
    /* One inference apart from any measurement; its time. Throws Failure. */
    int64_t runOnce();
    /* The outputs of one inference with the inputs as they were given, to the host; waits. Throws Failure. */
    void copyOutputs();

    nvinfer1::IExecutionContext &context() const noexcept { return *mContext; }
    const std::vector<std::unique_ptr<OutputBuffer>> &outputs() const noexcept { return mOutputs; }
    bool hasDynamicOutputs() const noexcept;
    /* Whether the library could capture the next inference as a graph; true where it does not say. */
    bool isCapturable() const noexcept;

private:
    struct CopyIn {
        CudaAddress to;
        const uint8_t *from;
        size_t bytes;
    };

    /* Where an output shares its memory with an input; nullptr: it has its own. */
    const DeviceMemory *sharedWith(const TensorInfo &output) const;
    void copyInputs();

    bool note(CudaStatus status) noexcept {
        mStatus = status;
        return status == 0;
    }
    CudaFailure failure(const std::string &doing) const;

    const EngineSession &mSession;
    const CudaDriver &mDriver;
    LibraryErrors &mErrors;
    CudaStream mStream;
    CudaEvent mBefore;
    CudaEvent mAfter;
    const std::vector<HostInput> *mInputs = nullptr;
    int32_t mProfile = 0;
    std::vector<DeviceMemory> mInputMemory; /* one for each input, empty for those on the host */
    std::vector<CopyIn> mCopiesIn;
    std::vector<std::unique_ptr<OutputBuffer>> mOutputs;
    /* After the buffers: it goes before them. */
    std::unique_ptr<nvinfer1::IExecutionContext> mContext;
    int64_t mContextNs = 0;
    CudaStatus mStatus = 0;
    bool mRefused = false; /* enqueueV3 said no */
};

} // namespace engine_shim
