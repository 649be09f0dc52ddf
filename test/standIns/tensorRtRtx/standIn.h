/*
 * standIn.h - a stand-in for TensorRT-RTX 1.7 (libtensorrt_rtx.so.1), for tests where no GPU can run the real one's
 * kernels. Own code against NVIDIA's public headers: it implements the interfaces that the engine shim uses and obeys
 * the rules that NVIDIA documents and that were measured (budgets, shapes, validity), and it computes a tiny network on
 * the CPU through the stand-in CUDA driver (standInCuda.cpp), without which it does nothing. It reads only engines that
 * standIns.ts wrote. Its version is one that NVIDIA never released, and each of its lines begins with "STAND-IN".
 */
#pragma once

#include "NvInferRuntime.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace standIn {

constexpr int32_t versionMajor = 1;
constexpr int32_t versionMinor = 7;
constexpr int32_t versionPatch = 0;
constexpr int32_t versionBuild = 99;

/* ---- lines ---- */

using Severity = nvinfer1::ILogger::Severity;
/* To the logger that the runtime was created with; the text is put behind "STAND-IN ". */
void say(Severity severity, const std::string &text);
/* Where an interface was used against its rules. */
void apiError(const char *where, const std::string &what);

/* ---- the stand-in CUDA driver ---- */

using DeviceAddress = uint64_t;
struct Driver {
    int (*init)(unsigned int) = nullptr;
    int (*driverGetVersion)(int *) = nullptr;
    int (*deviceGet)(int *, int) = nullptr;
    int (*deviceGetAttribute)(int *, int, int) = nullptr;
    int (*deviceGetName)(char *, int, int) = nullptr;
    int (*deviceTotalMem)(size_t *, int) = nullptr;
    int (*ctxGetCurrent)(void **) = nullptr;
    int (*ctxSetCurrent)(void *) = nullptr;
    int (*primaryCtxRetain)(void **, int) = nullptr;
    int (*memAlloc)(DeviceAddress *, size_t) = nullptr;
    int (*memFree)(DeviceAddress) = nullptr;
    int (*memGetInfo)(size_t *, size_t *) = nullptr;
    int (*memcpyHtoD)(DeviceAddress, const void *, size_t) = nullptr;
    int (*streamSynchronize)(void *) = nullptr;
    int (*getErrorString)(int, const char **) = nullptr;
    int (*launch)(void *, int64_t, void (*)(void *, int), void *) = nullptr;
    void *(*memory)(uint64_t, uint64_t) = nullptr;
    int64_t (*fault)(const char *) = nullptr;
};
/* nullptr: libcuda.so.1 is not there, or not the stand-in; why tells. */
const Driver *driver(std::string &why);
/* The same where it is known to be there. */
const Driver &driver();
/* "CUDA error 2: out of memory" */
std::string cudaText(int status);
/* A context is current for this thread, as the CUDA runtime would make it. Returns a CUresult. */
int ensureContext();
/* The machine's description asks for this to hang or to crash ("hang_enqueue"): does it. */
void sufferFaults(const char *where);

/* GPU memory that gives itself back. */
class DeviceMemory {
public:
    DeviceMemory() = default;
    ~DeviceMemory() { reset(); }
    DeviceMemory(const DeviceMemory &) = delete;
    DeviceMemory &operator=(const DeviceMemory &) = delete;
    /* Returns a CUresult, and says it in a line as TensorRT does. 0 bytes take nothing. */
    int take(int64_t size);
    void reset();
    DeviceAddress address() const { return mAddress; }
    int64_t size() const { return mSize; }

private:
    DeviceAddress mAddress = 0;
    int64_t mSize = 0;
};

/* ---- what is in an engine ---- */

struct Range {
    nvinfer1::Dims least{}, best{}, most{};
};
struct Profile {
    Range image;
    Range size; /* the values of the shape tensor */
};

/*
 * The network: image [N,3,H,W] -> Conv 3x3 -> Relu -> picture [N,3,H,W]; its mean over H and W -> mean [N,3]; the channel
 * with the greatest mean -> label [N] int64. With a shape tensor also size [2] int64 (on the host) and resized
 * [N,3,size0,size1], the picture by nearest neighbour. Floats are FP32 or FP16.
 */
constexpr int64_t channels = 3;
constexpr int64_t kernelWeights = channels * channels * 9;
struct Weights {
    float kernel[kernelWeights];
    float bias[channels];
};

struct Plan {
    std::string name;
    bool half = false;
    bool shapeTensor = false;
    bool streaming = false;
    bool refittable = false;
    bool longNames = false;
    bool alias = false; /* picture is written where image is read, as KV caches are */
    int32_t vectorizedProfile = -1; /* in that one picture is not row major linear */
    bool deferred = false; /* loaded without its weights */
    int64_t weightBytes = 0;
    int64_t scratchBytes = 0;
    int64_t leastBudget = 0;
    int64_t latencyNs = 0;
    int64_t streamNs = 0;
    int64_t jitNs = 0;
    int32_t layers = 4;
    int32_t auxStreams = 1;
    int32_t verbosity = 0;
    uint64_t identity = 0; /* of the whole description: what a runtime cache belongs to */
    nvinfer1::Dims image{};
    std::vector<Profile> profiles;
    std::vector<std::string> layerNames;
};

enum class Role { image, size, picture, mean, label, resized };
struct Tensor {
    const char *name;
    Role role;
    bool input;
    bool host;
    nvinfer1::DataType type;
    nvinfer1::Dims dims;
};
std::vector<Tensor> tensorsOf(const Plan &plan);
int64_t bytesOf(const Tensor &tensor, const nvinfer1::Dims &dims);
int64_t elementsOf(const nvinfer1::Dims &dims);
std::string text(const nvinfer1::Dims &dims);
/* Of an output, from those of the inputs. -1 where something is not known yet. */
nvinfer1::Dims outputDims(const Tensor &tensor, const nvinfer1::Dims &image, const nvinfer1::Dims &size);

/* Everything is read through the reader, as the real library does; nothing of it is held but what is needed. */
std::shared_ptr<Plan> readPlan(nvinfer1::IStreamReaderV2 &reader, DeviceMemory &weights, bool deferred, std::string &why);

/* How the network's time is shared among layers: milliseconds, in the order of layerNames. */
std::vector<float> layerTimes(const Plan &plan, int64_t durationNs);

/* ---- computing ---- */

struct Inference {
    std::shared_ptr<const Plan> plan;
    nvinfer1::Dims image{};
    nvinfer1::Dims size{};
    DeviceAddress weights = 0;
    std::map<Role, void *> addresses;
    bool nan = false;
};
/* Runs on the stand-in GPU: looks up addresses there. */
void compute(const Inference &inference);

std::string inspectionJson(const Plan &plan);
std::string layerJson(const Plan &plan, int32_t index);

/* ---- the objects ---- */

struct CacheContent {
    std::set<uint64_t> kernels;
};
nvinfer1::ICudaEngine *makeEngine(std::shared_ptr<const Plan> plan, std::unique_ptr<DeviceMemory> weights,
                                  std::shared_ptr<int> engineCount);
nvinfer1::IHostMemory *makeHostMemory(std::string bytes);
nvinfer1::IEngineInspector *makeInspector(std::shared_ptr<const Plan> plan);

} // namespace standIn
