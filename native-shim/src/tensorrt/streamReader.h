/*
 * streamReader.h - an EngineFile as TensorRT-RTX's IStreamReaderV2.
 */
#pragma once

#include "engineFile.h"

#include "NvInferRuntime.h"

namespace engine_shim {

class StreamReader : public nvinfer1::IStreamReaderV2 {
public:
    explicit StreamReader(EngineFile &file) : mFile(file) {}

    int64_t read(void *destination, int64_t size, cudaStream_t stream) noexcept override {
        return mFile.read(destination, size, reinterpret_cast<CudaStreamHandle *>(stream));
    }

    bool seek(int64_t offset, nvinfer1::SeekPosition where) noexcept override {
        switch (where) {
        case nvinfer1::SeekPosition::kSET:
            return mFile.seek(offset, SeekFrom::start);
        case nvinfer1::SeekPosition::kCUR:
            return mFile.seek(offset, SeekFrom::here);
        case nvinfer1::SeekPosition::kEND:
            return mFile.seek(offset, SeekFrom::end);
        }
        return false;
    }

private:
    EngineFile &mFile;
};

} // namespace engine_shim
