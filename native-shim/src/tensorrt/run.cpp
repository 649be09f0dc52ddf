#include "run.h"

#include "engine.h"
#include "failure.h"
#include "worker.h"
#include "measure.h"
#include "runtimeCache.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace engine_shim {

namespace {

using RuntimeConfig = std::unique_ptr<nvinfer1::IRuntimeConfig>;
using RuntimeCache = std::unique_ptr<nvinfer1::IRuntimeCache>;

/* Sums of what the library reports for each layer, in the order of their first report. */
class LayerTimes : public nvinfer1::IProfiler {
public:
    void reportLayerTime(const char *name, float milliseconds) noexcept override {
        try {
            const std::string text = name == nullptr ? "" : name;
            const auto [found, isNew] = mPlaces.emplace(text, mLayers.size());
            if (isNew) {
                mLayers.push_back({text, 0, 0});
            }
            LayerTime &layer = mLayers[found->second];
            layer.ns += static_cast<double>(milliseconds) * 1e6;
            layer.count += 1;
        } catch (...) {
            /* a layer without memory for it is not told */
        }
    }
    std::vector<LayerTime> take() noexcept { return std::move(mLayers); }

private:
    std::unordered_map<std::string, size_t> mPlaces;
    std::vector<LayerTime> mLayers;
};

/* One run job: what its attempts have in common. */
class Run {
public:
    Run(nvinfer1::IRuntime &runtime, const RunRequest &request, RunContext &context, Stages &stages,
        LibraryErrors &errors)
        : mRequest(request), mJob(context.job), mStages(stages), mErrors(errors),
          mSession(runtime, request.engine, context.job, stages, errors), mCacheFile(request.runtimeCache) {}

    void perform();

private:
    void attempt(AttemptReport &report);
    void noteFailure(AttemptReport &report, const Failure &failure);
    void work(AttemptReport &report);
    void setBudget(AttemptReport &report);
    RuntimeConfig makeConfig(bool withGraph, const nvinfer1::IRuntimeCache *cache);
    void measureWarm(const std::vector<HostInput> &inputs);
    void profile(Worker &worker, const std::vector<HostInput> &inputs, AttemptReport &report);
    void writeOutputs(const Worker &worker, AttemptReport &report);
    void takeSamples(AttemptReport &report, const Measurement &measurement);
    void leaveResult();

    bool isStreaming() const {
        return mSession.streamable > 0 && mSession.engine().getWeightStreamingBudgetV2() < mSession.streamable;
    }

    const RunRequest &mRequest;
    Job &mJob;
    Stages &mStages;
    LibraryErrors &mErrors;
    EngineSession mSession;
    RuntimeCacheFile mCacheFile;
    /* Of all attempts; before the configurations and contexts that know it. */
    RuntimeCache mCache;
    /* By the first attempt that comes so far. */
    bool mCacheAsked = false;
    bool mCacheSaved = false;
    bool mOutputsWritten = false;
    RunReport mReport;
    std::vector<es_run_sample> mSamples;
    /* What the GPU was lost to; nothing more can be tried. */
    std::optional<AttemptFailure> mLost;
};

void Run::perform() {
    mReport.gpu = mSession.gpu;
    mReport.loadNs = mSession.loadNs;
    mReport.streamable = mSession.streamable;
    mReport.freeBefore = known(mSession.freeBefore);
    mReport.freeLoaded = known(mSession.freeLoaded);
    std::vector<int64_t> budgets = mRequest.budgets;
    if (budgets.empty()) {
        budgets.push_back(ES_BUDGET_DEFAULT);
    }
    mStages.beginAttempts(static_cast<int32_t>(budgets.size()));
    for (size_t i = 0; i < budgets.size(); ++i) {
        AttemptReport report;
        report.budgetAsked = budgets[i];
        report.firstSample = static_cast<int64_t>(mSamples.size());
        attempt(report);
        report.freeAfter = known(mSession.cuda().freeMemory());
        mReport.attempts.push_back(std::move(report));
        mStages.attemptDone(static_cast<int32_t>(i + 1));
    }
    mStages.endAll();
    mReport.cache = mCacheFile.facts();
    mCache.reset();
    mSession.releaseEngine();
    mReport.freeAfter = known(mSession.cuda().freeMemory());
    leaveResult();
}

/* An attempt that fails says so in its report; a cancel ends the job. */
void Run::attempt(AttemptReport &report) {
    if (mLost) {
        report.failure = AttemptFailure{"budget", ES_CUDA_FAILED, mLost->cuda,
                                        "Not tried: the GPU was lost in an attempt before this one."};
        return;
    }
    mErrors.reset();
    try {
        work(report);
    } catch (const Failure &failure) {
        noteFailure(report, failure);
    } catch (const std::bad_alloc &) {
        noteFailure(report, Failure(ES_OUT_OF_MEMORY, "There is not enough memory."));
    }
}

/* Throws a cancel on. */
void Run::noteFailure(AttemptReport &report, const Failure &failure) {
    if (failure.status() == ES_CANCELLED) {
        throw failure;
    }
    const CudaStatus cuda = failure.cuda();
    const CudaStatus broken = mSession.cuda().brokenBy();
    report.failure = AttemptFailure{mStages.name(), failure.status(), cuda != 0 ? cuda : broken, failure.sentence()};
    if (broken != 0 || isStickyCudaError(cuda)) {
        mLost = report.failure;
    }
}

void Run::work(AttemptReport &report) {
    const es_run_options &options = mRequest.options;
    const CudaContext &cuda = mSession.cuda();
    const bool wantsGraph = (options.flags & ES_RUN_CUDA_GRAPH) != 0;
    mJob.stopIfCancelled();
    setBudget(report);

    mStages.begin("context");
    if (mCacheFile.isOn() && !mCacheAsked) {
        mCacheAsked = true;
        mCache = mCacheFile.load(*makeConfig(false, nullptr));
    }
    const RuntimeConfig config = makeConfig(wantsGraph, mCache.get());
    std::vector<HostInput> inputs; /* outlives the workers */
    Workers workers;
    for (int32_t i = 0; i < options.streams; ++i) {
        mJob.stopIfCancelled();
        workers.push_back(std::make_unique<Worker>(mSession, mErrors));
        workers.back()->createContext(*config);
    }
    Worker &first = *workers.front();
    report.contextNs = first.contextNs();

    mStages.begin("inputs");
    inputs = readInputs(mSession, mRequest, mJob);
    for (const auto &worker : workers) {
        worker->setShapes(inputs, options.profile);
    }
    mStages.begin("buffers");
    for (const auto &worker : workers) {
        worker->allocate();
    }
    if (wantsGraph) {
        report.cudaGraph = config->getCudaGraphStrategy() == nvinfer1::CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE &&
                           !isStreaming() && !first.hasDynamicOutputs() && first.isCapturable();
    }
    report.freeReady = known(cuda.freeMemory());
    report.sawFree(cuda.freeMemory());

    mStages.begin("first-run");
    mJob.stopIfCancelled();
    report.firstRunNs = first.runOnce();
    for (size_t i = 1; i < workers.size(); ++i) {
        mJob.stopIfCancelled();
        workers[i]->runOnce();
    }
    report.sawFree(cuda.freeMemory());

    mStages.begin("warm-up");
    warmUp(workers, mSession, options, mJob);
    report.sawFree(cuda.freeMemory());

    mStages.begin("measure", Stages::wholeStage);
    Measurement measurement;
    try {
        measure(workers, mSession, options, mJob, mStages, measurement);
    } catch (...) {
        takeSamples(report, measurement);
        throw;
    }
    takeSamples(report, measurement);
    report.sawFree(cuda.freeMemory());
    first.copyOutputs();

    /* One worker stays, for its buffers; contexts go before others are made. */
    workers.resize(1);
    first.releaseContext();
    const bool isCacheNew = mCache && !mCacheSaved;
    if (isCacheNew) {
        mCacheSaved = true;
        mCacheFile.save(*mCache);
    }
    if (options.profiled_iterations > 0) {
        mStages.begin("profile");
        try {
            profile(first, inputs, report);
        } catch (const Failure &failure) {
            noteFailure(report, failure); /* what was measured stands, and the outputs are on the host */
        }
    }
    mStages.begin("outputs");
    writeOutputs(first, report);
    if (isCacheNew && mCacheFile.wasCold() && !mLost) {
        workers.clear();
        measureWarm(inputs);
    }
}

void Run::setBudget(AttemptReport &report) {
    mStages.begin("budget");
    nvinfer1::ICudaEngine &engine = mSession.engine();
    if (mSession.streamable == 0) {
        if (report.budgetAsked >= 0) {
            throw Failure(ES_INVALID_ARGUMENT, "The engine was built without weight streaming: it has no budget to set.");
        }
    } else {
        int64_t budget = report.budgetAsked;
        if (budget == ES_BUDGET_DEFAULT) {
            budget = mSession.defaultBudget;
        } else if (budget == ES_BUDGET_AUTOMATIC) {
            budget = engine.getWeightStreamingAutomaticBudget();
        }
        /* Setting what is set already would load the weights again. */
        if (engine.getWeightStreamingBudgetV2() != std::min(budget, mSession.streamable) &&
            !engine.setWeightStreamingBudgetV2(budget)) {
            throw mErrors.failure("TensorRT-RTX refused a weight streaming budget of " + std::to_string(budget) + " bytes",
                                  mSession.cuda().brokenBy());
        }
        report.budget = engine.getWeightStreamingBudgetV2();
        report.scratch = engine.getWeightStreamingScratchMemorySize();
    }
    report.deviceMemory = known(engine.getDeviceMemorySizeV2());
}

RuntimeConfig Run::makeConfig(bool withGraph, const nvinfer1::IRuntimeCache *cache) {
    RuntimeConfig config(mSession.engine().createRuntimeConfig());
    if (!config) {
        throw mErrors.failure("TensorRT-RTX could not make a runtime configuration", mSession.cuda().brokenBy());
    }
    /* What an application gets when it asks for nothing special. */
    config->setExecutionContextAllocationStrategy(nvinfer1::ExecutionContextAllocationStrategy::kSTATIC);
    /* By default kernels for new shapes are compiled in the background while others run: times of both would be mixed. */
    config->setDynamicShapesKernelSpecializationStrategy(
        (mRequest.options.flags & ES_RUN_LAZY_KERNELS) != 0
            ? nvinfer1::DynamicShapesKernelSpecializationStrategy::kLAZY
            : nvinfer1::DynamicShapesKernelSpecializationStrategy::kEAGER);
    if (withGraph) {
        config->setCudaGraphStrategy(nvinfer1::CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE);
    }
    if (cache != nullptr && !config->setRuntimeCache(*cache)) {
        throw mErrors.failure("TensorRT-RTX could not use the runtime cache");
    }
    return config;
}

/* What the next start costs, with the file that was just written. It is no part of the attempt, whose numbers stand. */
void Run::measureWarm(const std::vector<HostInput> &inputs) {
    try {
        const RuntimeConfig maker = makeConfig(false, nullptr);
        const RuntimeCache cache = mCacheFile.load(*maker);
        if (!cache) {
            return;
        }
        const RuntimeConfig config = makeConfig((mRequest.options.flags & ES_RUN_CUDA_GRAPH) != 0, cache.get());
        Worker worker(mSession, mErrors);
        worker.createContext(*config);
        worker.setShapes(inputs, mRequest.options.profile);
        worker.allocate();
        const int64_t firstRunNs = worker.runOnce();
        mCacheFile.facts().warmContextNs = worker.contextNs();
        mCacheFile.facts().warmFirstRunNs = firstRunNs;
    } catch (const Failure &failure) {
        mCacheFile.facts().message = "A start with the cache could not be timed. " + failure.sentence();
    }
}

void Run::profile(Worker &worker, const std::vector<HostInput> &inputs, AttemptReport &report) {
    /* Before the worker's context, which knows it. */
    LayerTimes times;
    const RuntimeConfig config = makeConfig(false, mCache.get());
    const auto release = [&worker](void *) { worker.releaseContext(); };
    const std::unique_ptr<void, decltype(release)> releaser(&worker, release);
    worker.createContext(*config);
    worker.setShapes(inputs, mRequest.options.profile);
    worker.bind();
    worker.runOnce();
    report.sawFree(mSession.cuda().freeMemory());
    worker.context().setProfiler(&times);
    for (int32_t i = 0; i < mRequest.options.profiled_iterations; ++i) {
        mJob.stopIfCancelled();
        worker.runOnce();
    }
    worker.context().setProfiler(nullptr);
    report.layers = times.take();
}

void Run::writeOutputs(const Worker &worker, AttemptReport &report) {
    const bool isWritten = !mRequest.outputFolder.empty() && !mOutputsWritten;
    for (size_t i = 0; i < worker.outputs().size(); ++i) {
        const OutputBuffer &output = *worker.outputs()[i];
        OutputFacts facts;
        facts.name = output.tensor().name;
        facts.type = output.tensor().type;
        facts.shape = output.shape();
        facts.bytes = static_cast<int64_t>(output.bytes());
        facts.isLinear = output.isLinear();
        facts.aliasOf = output.isAlias() ? output.tensor().aliasOf : "";
        if (isWritten) {
            const std::string name = "output-" + std::to_string(i) + ".bin";
            const std::string path = joinPath(mRequest.outputFolder, name);
            NewFile file(path + "." + std::to_string(monotonicNow()) + ".tmp");
            constexpr size_t pieceBytes = 16u << 20;
            for (size_t done = 0; done < output.bytes(); done += pieceBytes) {
                mJob.stopIfCancelled();
                const size_t length = std::min(pieceBytes, output.bytes() - done);
                if (const int32_t error = file.write(output.host() + done, length)) {
                    throw Failure(ES_FILE_ERROR, "Cannot write " + file.path() + ": " + systemErrorText(error) + ".");
                }
            }
            file.keep();
            if (const int32_t error = replaceFile(file.path(), path)) {
                removeFile(file.path());
                throw Failure(ES_FILE_ERROR, "Cannot write " + path + ": " + systemErrorText(error) + ".");
            }
            facts.file = name;
        }
        report.outputs.push_back(std::move(facts));
    }
    mOutputsWritten = true;
}

void Run::takeSamples(AttemptReport &report, const Measurement &measurement) {
    report.sampleCount = static_cast<int64_t>(measurement.samples.size());
    if (report.sampleCount > 0) {
        report.wallNs = measurement.wallNs;
    }
    mSamples.insert(mSamples.end(), measurement.samples.begin(), measurement.samples.end());
}

void Run::leaveResult() {
    const std::string json = mReport.json();
    es_run_result head{};
    head.report_length = json.size();
    head.samples_offset = (sizeof(head) + json.size() + 7) / 8 * 8;
    head.sample_count = mSamples.size();
    auto &result = mJob.result();
    result.assign(static_cast<size_t>(head.samples_offset) + mSamples.size() * sizeof(es_run_sample), 0);
    std::memcpy(result.data(), &head, sizeof(head));
    std::memcpy(result.data() + sizeof(head), json.data(), json.size());
    if (!mSamples.empty()) {
        std::memcpy(result.data() + head.samples_offset, mSamples.data(), mSamples.size() * sizeof(es_run_sample));
    }
}

} // namespace

void runEngine(nvinfer1::IRuntime &runtime, const RunRequest &request, RunContext &context) {
    withReport(context, sizeof(es_run_result), [&](Stages &stages, LibraryErrors &errors) {
        Run(runtime, request, context, stages, errors).perform();
    });
}

} // namespace engine_shim
