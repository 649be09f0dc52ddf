/*
 * engineFile.h - an engine file as TensorRT-RTX reads it while it deserializes: from any place, into memory of the host or
 * of the GPU, in pieces, so that the file is never held as a whole. Behind IStreamReaderV2 (tensorrt/streamReader.h).
 */
#pragma once

#include "cudaDriver.h"
#include "jobs.h"
#include "platform.h"
#include "stages.h"

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

namespace engine_shim {

enum class SeekFrom { start, here, end };

class EngineFile {
public:
    /* Throws Failure with ES_FILE_ERROR. */
    explicit EngineFile(const std::string &path) : mFile(path, "engine") {}
    ~EngineFile();
    EngineFile(const EngineFile &) = delete;
    EngineFile &operator=(const EngineFile &) = delete;

    uint64_t size() const noexcept { return mFile.size(); }

    /* Who is told how far it is and asked whether to go on, and whose GPU is read into. They outlive the reading. */
    void attend(const CudaContext &context, const Job &job, Stages &stages) noexcept {
        mContext = &context;
        mJob = &job;
        mStages = &stages;
    }

    /* Bytes read; less than asked for only at the end of the file; negative: failed or cancelled. */
    int64_t read(void *destination, int64_t size, CudaStreamHandle *stream) noexcept;
    bool seek(int64_t offset, SeekFrom from) noexcept;

    /* Throws what went wrong in read, if something did. */
    void rethrowFailure() const {
        if (mFailure) {
            std::rethrow_exception(mFailure);
        }
    }

private:
    /* A piece on its way to the GPU. */
    struct Bounce {
        explicit Bounce(const CudaDriver &driver) : memory(driver, pieceBytes), copied(driver) {}
        PinnedMemory memory;
        CudaEvent copied;
        bool isBusy = false;
    };

    static constexpr size_t pieceBytes = 4u << 20;
    /* Smaller files may stay in the system's cache: they will be read again soon. */
    static constexpr uint64_t forgetFrom = 256u << 20;

    bool isOnGpu(void *destination) const noexcept;
    void readPiece(void *destination, size_t size, CudaStreamHandle *stream, bool toGpu, size_t &got);

    const InputFile mFile;
    uint64_t mPosition = 0;
    const CudaContext *mContext = nullptr;
    const Job *mJob = nullptr;
    Stages *mStages = nullptr;
    std::array<std::unique_ptr<Bounce>, 2> mBounces;
    size_t mNextBounce = 0;
    std::exception_ptr mFailure;
};

} // namespace engine_shim
