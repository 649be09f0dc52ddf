#include "worker.h"

#include "failure.h"

#include "NvInferVersion.h"

#include <algorithm>
#include <array>

namespace engine_shim {

namespace {

std::string quoted(const std::string &name) { return "\"" + name + "\""; }

Failure refused(const std::string &sentence) { return Failure(ES_INVALID_ARGUMENT, sentence); }

const TensorInfo *findInput(const std::vector<TensorInfo> &tensors, const std::string &name) {
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const TensorInfo &tensor) {
        return tensor.isInput() && tensor.name == name;
    });
    return found == tensors.end() ? nullptr : &*found;
}

std::string inputNames(const std::vector<TensorInfo> &tensors) {
    std::string names;
    for (const TensorInfo &tensor : tensors) {
        if (tensor.isInput()) {
            names += (names.empty() ? "" : ", ") + quoted(tensor.name);
        }
    }
    return names;
}

void checkShape(const TensorInfo &tensor, const std::vector<int64_t> &shape, int32_t profile) {
    const std::string what = "The shape " + shapeText(shape) + " of input " + quoted(tensor.name);
    if (shape.size() != tensor.shape.size()) {
        throw refused(what + " has " + std::to_string(shape.size()) + " dimensions; the engine's " +
                      shapeText(tensor.shape) + " has " + std::to_string(tensor.shape.size()) + ".");
    }
    for (size_t i = 0; i < shape.size(); ++i) {
        if (tensor.shape[i] >= 0 && tensor.shape[i] != shape[i]) {
            throw refused(what + " does not fit the engine's " + shapeText(tensor.shape) + ": dimension " +
                          std::to_string(i) + " must be " + std::to_string(tensor.shape[i]) + ".");
        }
    }
    const auto &range = tensor.profiles[static_cast<size_t>(profile)];
    if (!range || range->min.size() != shape.size() || range->max.size() != shape.size()) {
        return;
    }
    for (size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] < range->min[i] || shape[i] > range->max[i]) {
            throw refused(what + " is outside optimization profile " + std::to_string(profile) + ", which goes from " +
                          shapeText(range->min) + " to " + shapeText(range->max) + ": dimension " + std::to_string(i) +
                          " is " + std::to_string(shape[i]) + ".");
        }
    }
}

/* The values of a shape tensor are sizes; outside the profile the library would only say that shapes are wrong. */
void checkValues(const HostInput &input, int32_t profile) {
    const TensorInfo &tensor = *input.tensor;
    const auto &range = tensor.profileValues[static_cast<size_t>(profile)];
    const bool isInt64 = tensor.type == static_cast<int32_t>(nvinfer1::DataType::kINT64);
    if (!range || (!isInt64 && tensor.type != static_cast<int32_t>(nvinfer1::DataType::kINT32))) {
        return;
    }
    const size_t count = std::min(range->min.size(), input.bytes / (isInt64 ? 8 : 4));
    for (size_t i = 0; i < count; ++i) {
        int64_t value = 0;
        if (isInt64) {
            std::copy_n(input.memory.get() + i * 8, 8, reinterpret_cast<uint8_t *>(&value));
        } else {
            int32_t narrow = 0;
            std::copy_n(input.memory.get() + i * 4, 4, reinterpret_cast<uint8_t *>(&narrow));
            value = narrow;
        }
        if (value < range->min[i] || value > range->max[i]) {
            throw refused("Value " + std::to_string(i) + " of the shape tensor " + quoted(tensor.name) + " is " +
                          std::to_string(value) + "; optimization profile " + std::to_string(profile) + " goes from " +
                          shapeText(range->min) + " to " + shapeText(range->max) + ".");
        }
    }
}

HostInput readInput(const CudaDriver &driver, const TensorInfo &tensor, const RunInput &asked, const Job &job) {
    const int64_t bytes = bytesOf(volumeOf(asked.shape), tensor.type);
    if (bytes < 0) {
        throw refused("The size of input " + quoted(tensor.name) + " with the shape " + shapeText(asked.shape) +
                      " and the type " + typeText(tensor.type) + " is not known.");
    }
    const InputFile file(asked.dataPath, "input data");
    if (file.size() != static_cast<uint64_t>(bytes)) {
        throw refused("Input " + quoted(tensor.name) + " with the shape " + shapeText(asked.shape) + " and the type " +
                      typeText(tensor.type) + " has " + std::to_string(bytes) + " bytes; " + asked.dataPath + " has " +
                      std::to_string(file.size()) + ".");
    }
    HostInput input{&tensor, asked.shape, static_cast<size_t>(bytes), PinnedMemory(driver, static_cast<size_t>(bytes))};
    constexpr size_t pieceBytes = 16u << 20;
    for (size_t done = 0; done < input.bytes;) {
        job.stopIfCancelled();
        int32_t error = 0;
        const size_t wanted = std::min(pieceBytes, input.bytes - done);
        const int64_t got = file.read(input.memory.get() + done, wanted, done, error);
        if (got <= 0) {
            throw Failure(ES_FILE_ERROR, "Cannot read the input data " + asked.dataPath + ": " +
                                             (got < 0 ? systemErrorText(error) : "it became shorter") + ".");
        }
        done += static_cast<size_t>(got);
    }
    return input;
}

/* Bytes of an output in a vectorized layout: one dimension is rounded up. */
int64_t vectorizedBytes(const nvinfer1::ICudaEngine &engine, const TensorInfo &tensor, std::vector<int64_t> shape,
                        int32_t profile) {
    const int32_t dimension = engine.getTensorVectorizedDim(tensor.name.c_str(), profile);
    const int32_t width = engine.getTensorComponentsPerElement(tensor.name.c_str(), profile);
    if (dimension >= 0 && static_cast<size_t>(dimension) < shape.size() && width > 1) {
        int64_t &size = shape[static_cast<size_t>(dimension)];
        size = (size + width - 1) / width * width;
    }
    return bytesOf(volumeOf(shape), tensor.type);
}

} // namespace

std::vector<HostInput> readInputs(const EngineSession &session, const RunRequest &request, const Job &job) {
    const int32_t profile = request.options.profile;
    if (profile >= session.profileCount) {
        throw refused("The engine has " + std::to_string(session.profileCount) +
                      " optimization profiles, numbered from 0; there is no profile " + std::to_string(profile) + ".");
    }
    for (const RunInput &asked : request.inputs) {
        if (findInput(session.tensors, asked.name) == nullptr) {
            const std::string names = inputNames(session.tensors);
            throw refused("The engine has no input " + quoted(asked.name) + "; " +
                          (names.empty() ? "it has none." : "it has " + names + "."));
        }
    }
    std::vector<HostInput> inputs;
    for (const TensorInfo &tensor : session.tensors) {
        if (!tensor.isInput()) {
            continue;
        }
        const auto asked = std::find_if(request.inputs.begin(), request.inputs.end(),
                                        [&](const RunInput &input) { return input.name == tensor.name; });
        if (asked == request.inputs.end()) {
            throw refused("Input " + quoted(tensor.name) + " of the engine was given no data.");
        }
        if (!tensor.isLinear(profile)) {
            throw refused("Input " + quoted(tensor.name) + " is not in row major order in this engine (" +
                          tensor.format(profile) + "); such inputs cannot be filled.");
        }
        checkShape(tensor, asked->shape, profile);
        inputs.push_back(readInput(session.cuda().driver(), tensor, *asked, job));
        if (tensor.isShapeTensor) {
            checkValues(inputs.back(), profile);
        }
    }
    return inputs;
}

/* ---- outputs ---- */

void OutputBuffer::allocate(const nvinfer1::IExecutionContext &context, const nvinfer1::ICudaEngine &engine,
                            int32_t profile, const DeviceMemory *shared) {
    const char *name = mTensor.name.c_str();
    mIsLinear = mTensor.isLinear(profile);
    mShared = shared;
    const nvinfer1::Dims dims = context.getTensorShape(name);
    const std::vector<int64_t> known = shapeOf(dims);
    mIsDynamic = dims.nbDims < 0 || std::any_of(known.begin(), known.end(), [](int64_t size) { return size < 0; });
    if (mIsDynamic) {
        if (mShared != nullptr) {
            throw Failure(ES_RUNTIME_FAILED, "Output " + quoted(mTensor.name) + " shares its memory with input " +
                                                 quoted(mTensor.aliasOf) + ", but its shape is not known before the run.");
        }
        grow(0); /* the library asks for more when it knows how much */
        return;
    }
    const int64_t bytes =
        mIsLinear ? bytesOf(volumeOf(known), mTensor.type) : vectorizedBytes(engine, mTensor, known, profile);
    if (bytes < 0) {
        throw Failure(ES_RUNTIME_FAILED, "The size of output " + quoted(mTensor.name) + " with the shape " +
                                             shapeText(known) + " and the type " + typeText(mTensor.type) +
                                             " is not known.");
    }
    mRank = static_cast<int32_t>(known.size());
    std::copy(known.begin(), known.end(), mShape);
    mBytes = static_cast<size_t>(bytes);
    if (mShared != nullptr && mShared->size() < mBytes) {
        throw Failure(ES_RUNTIME_FAILED, "Output " + quoted(mTensor.name) + " shares its memory with input " +
                                             quoted(mTensor.aliasOf) + ", which is smaller: " +
                                             std::to_string(mShared->size()) + " bytes, " + std::to_string(mBytes) +
                                             " are needed.");
    }
    grow(mBytes);
}

void OutputBuffer::grow(size_t size) {
    if (!mTensor.isOnHost() && mShared == nullptr && (mDevice.get() == nullptr || mDevice.size() < size)) {
        mDevice.reset();
        mDevice = DeviceMemory(mDriver, size);
    }
    if (mHost.get() == nullptr || mHost.size() < size) {
        mHost.reset();
        mHost = PinnedMemory(mDriver, size);
    }
}

void *OutputBuffer::reallocateOutputAsync(const char *, void *, uint64_t size, uint64_t, cudaStream_t) noexcept {
    try {
        grow(static_cast<size_t>(size));
        return address();
    } catch (const CudaFailure &failure) {
        mFailure = failure.cuda();
    } catch (...) {
        mFailure = cudaOutOfMemory;
    }
    return nullptr;
}

void OutputBuffer::notifyShape(const char *, const nvinfer1::Dims &dims) noexcept {
    mRank = std::clamp<int32_t>(dims.nbDims, 0, nvinfer1::Dims::MAX_DIMS);
    int64_t elements = 1;
    for (int32_t i = 0; i < mRank; ++i) {
        mShape[i] = std::max<int64_t>(dims.d[i], 0);
        elements = mShape[i] != 0 && elements > INT64_MAX / 64 / mShape[i] ? INT64_MAX / 64 : elements * mShape[i];
    }
    const size_t capacity = mTensor.isOnHost() ? mHost.size() : std::min(mDevice.size(), mHost.size());
    mBytes = std::min(static_cast<size_t>(std::max<int64_t>(bytesOf(elements, mTensor.type), 0)), capacity);
}

CudaStatus OutputBuffer::copyOut(CudaStreamHandle *stream) noexcept {
    if (mTensor.isOnHost() || mBytes == 0) {
        return 0;
    }
    return mDriver.memcpyDtoHAsync(mHost.get(), device().address(), mBytes, stream);
}

/* ---- workers ---- */

Worker::Worker(const EngineSession &session, LibraryErrors &errors)
    : mSession(session), mDriver(session.cuda().driver()), mErrors(errors), mStream(mDriver), mBefore(mDriver),
      mAfter(mDriver) {}

Worker::~Worker() { mDriver.streamSynchronize(mStream.get()); }

CudaFailure Worker::failure(const std::string &doing) const {
    return mErrors.failure("TensorRT-RTX could not " + doing, mSession.cuda().brokenBy());
}

void Worker::createContext(nvinfer1::IRuntimeConfig &config) {
    mContext.reset();
    const int64_t start = monotonicNow();
    mContext.reset(mSession.engine().createExecutionContext(&config));
    mContextNs = monotonicNow() - start;
    if (!mContext) {
        throw failure("create an execution context");
    }
}

void Worker::setShapes(const std::vector<HostInput> &inputs, int32_t profile) {
    mInputs = &inputs;
    mProfile = profile;
    if (mSession.profileCount > 1) {
        if (!mContext->setOptimizationProfileAsync(profile, reinterpret_cast<cudaStream_t>(mStream.get()))) {
            throw failure("select optimization profile " + std::to_string(profile));
        }
        mDriver.check(mDriver.streamSynchronize(mStream.get()), "select the optimization profile");
    }
    for (const HostInput &input : inputs) {
        const char *name = input.tensor->name.c_str();
        nvinfer1::Dims dims{};
        dims.nbDims = static_cast<int32_t>(input.shape.size());
        std::copy(input.shape.begin(), input.shape.end(), dims.d);
        if (!mContext->setInputShape(name, dims)) {
            throw failure("take the shape " + shapeText(input.shape) + " for input " + quoted(input.tensor->name));
        }
        /* Values of shape tensors decide the shapes of outputs. */
        if (input.tensor->isOnHost() && !mContext->setTensorAddress(name, input.memory.get())) {
            throw failure("take the data of input " + quoted(input.tensor->name));
        }
    }
    std::array<const char *, 16> missing{};
    const int32_t count = mContext->inferShapes(static_cast<int32_t>(missing.size()), missing.data());
    if (count > 0) {
        throw failure("infer the shapes: input " + quoted(missing[0] == nullptr ? "" : missing[0]) +
                      " is not sufficiently specified");
    }
    if (count < 0) {
        throw failure("infer the shapes of the outputs from those of the inputs");
    }
}

void Worker::allocate() {
    for (const HostInput &input : *mInputs) {
        if (input.tensor->isOnHost()) {
            mInputMemory.emplace_back();
            continue;
        }
        mInputMemory.emplace_back(mDriver, input.bytes);
        if (input.bytes > 0) {
            mCopiesIn.push_back({mInputMemory.back().address(), input.memory.get(), input.bytes});
        }
    }
    for (const TensorInfo &tensor : mSession.tensors) {
        if (!tensor.isInput()) {
            mOutputs.push_back(std::make_unique<OutputBuffer>(mDriver, tensor));
            mOutputs.back()->allocate(*mContext, mSession.engine(), mProfile, sharedWith(tensor));
        }
    }
    copyInputs();
    bind();
}

void Worker::copyInputs() {
    for (const CopyIn &copy : mCopiesIn) {
        mDriver.check(mDriver.memcpyHtoDAsync(copy.to, copy.from, copy.bytes, mStream.get()), "copy the inputs");
    }
    mDriver.check(mDriver.streamSynchronize(mStream.get()), "copy the inputs");
}

const DeviceMemory *Worker::sharedWith(const TensorInfo &output) const {
    for (size_t i = 0; i < mInputs->size(); ++i) {
        const TensorInfo &input = *(*mInputs)[i].tensor;
        if (!output.aliasOf.empty() && input.name == output.aliasOf && !input.isOnHost() && !output.isOnHost()) {
            return &mInputMemory[i];
        }
    }
    return nullptr;
}

void Worker::bind() {
    for (size_t i = 0; i < mInputs->size(); ++i) {
        const HostInput &input = (*mInputs)[i];
        void *address = input.tensor->isOnHost() ? input.memory.get() : mInputMemory[i].get();
        if (!mContext->setTensorAddress(input.tensor->name.c_str(), address)) {
            throw failure("take the data of input " + quoted(input.tensor->name));
        }
    }
    for (const auto &output : mOutputs) {
        const char *name = output->tensor().name.c_str();
        const bool isTaken = output->isDynamic() ? mContext->setOutputAllocator(name, output.get())
                                                 : mContext->setTensorAddress(name, output->address());
        if (!isTaken) {
            throw failure("take a place for output " + quoted(output->tensor().name));
        }
    }
}

bool Worker::iterate(bool withCopies, es_run_sample &sample) noexcept {
    CudaStreamHandle *const stream = mStream.get();
    mRefused = false;
    int64_t start = 0;
    if (withCopies) {
        start = monotonicNow();
        for (const CopyIn &copy : mCopiesIn) {
            if (!note(mDriver.memcpyHtoDAsync(copy.to, copy.from, copy.bytes, stream))) {
                return false;
            }
        }
    }
    if (!note(mDriver.eventRecord(mBefore.get(), stream))) {
        return false;
    }
    const int64_t enqueue = monotonicNow();
    if (!mContext->enqueueV3(reinterpret_cast<cudaStream_t>(stream))) {
        mRefused = true;
        return false;
    }
    const int64_t enqueued = monotonicNow();
    if (!note(mDriver.eventRecord(mAfter.get(), stream))) {
        return false;
    }
    if (withCopies) {
        for (const auto &output : mOutputs) {
            if (!note(output->copyOut(stream))) {
                return false;
            }
        }
    } else {
        start = enqueue;
    }
    if (!note(mDriver.streamSynchronize(stream))) {
        return false;
    }
    const int64_t end = monotonicNow();
    float milliseconds = -1;
    const bool isTimed = mDriver.eventElapsedTime(&milliseconds, mBefore.get(), mAfter.get()) == 0 && milliseconds >= 0;
    sample.start_ns = start;
    sample.latency_ns = end - start;
    sample.enqueue_ns = enqueued - enqueue;
    sample.gpu_ns = isTimed ? static_cast<int64_t>(static_cast<double>(milliseconds) * 1e6) : -1;
    return true;
}

void Worker::throwFailure() const {
    for (const auto &output : mOutputs) {
        if (output->failure() != 0) {
            throw mErrors.failure("There is no memory for output " + quoted(output->tensor().name), output->failure());
        }
    }
    if (mRefused) {
        throw failure("run the engine");
    }
    if (mStatus == cudaOutOfMemory) {
        mDriver.check(mStatus, "run the engine");
    }
    throw CudaFailure(ES_CUDA_FAILED, "The GPU stopped while the engine ran. " + mDriver.describe(mStatus) + ".", mStatus);
}

int64_t Worker::runOnce() {
    es_run_sample sample{};
    if (!iterate(false, sample)) {
        throwFailure();
    }
    return sample.latency_ns;
}

void Worker::copyOutputs() {
    /* Each inference before went on from what the one before it left in the input. */
    if (std::any_of(mOutputs.begin(), mOutputs.end(), [](const auto &output) { return output->isAlias(); })) {
        copyInputs();
        runOnce();
    }
    for (const auto &output : mOutputs) {
        mDriver.check(output->copyOut(mStream.get()), "copy the outputs");
    }
    mDriver.check(mDriver.streamSynchronize(mStream.get()), "copy the outputs");
}

bool Worker::hasDynamicOutputs() const noexcept {
    return std::any_of(mOutputs.begin(), mOutputs.end(), [](const auto &output) { return output->isDynamic(); });
}

bool Worker::isCapturable() const noexcept {
#if TRT_MINOR_RTX >= 5
    return mContext->isStreamCapturable(reinterpret_cast<cudaStream_t>(mStream.get()));
#else
    return true; /* that version does not tell */
#endif
}

} // namespace engine_shim
