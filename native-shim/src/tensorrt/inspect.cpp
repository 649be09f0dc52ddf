#include "inspect.h"

#include "engine.h"
#include "failure.h"

#include <cstring>

namespace engine_shim {

namespace {

/* Each budget is set, looked at, and the library's own is restored. One that is refused is left out: the line says why. */
std::vector<BudgetFacts> tryBudgets(const EngineSession &session, const std::vector<int64_t> &budgets, const Job &job) {
    nvinfer1::ICudaEngine &engine = session.engine();
    std::vector<BudgetFacts> facts;
    const int64_t all = session.streamable;
    for (const int64_t asked : budgets.empty() ? std::vector<int64_t>{0, all / 4, all / 2, all / 4 * 3, all} : budgets) {
        job.stopIfCancelled();
        if (engine.setWeightStreamingBudgetV2(asked)) {
            facts.push_back({asked, engine.getWeightStreamingBudgetV2(), engine.getWeightStreamingScratchMemorySize(),
                             engine.getDeviceMemorySizeV2()});
        }
    }
    engine.setWeightStreamingBudgetV2(session.defaultBudget);
    return facts;
}

} // namespace

void inspectEngine(nvinfer1::IRuntime &runtime, const InspectRequest &request, RunContext &context) {
    withReport(context, sizeof(es_inspect_result), [&](Stages &stages, LibraryErrors &errors) {
        EngineSession session(runtime, request.engine, context.job, stages, errors,
                              WeightsUse::maybeNone);
        stages.begin("inspect");
        nvinfer1::ICudaEngine &engine = session.engine();
        InspectReport report;
        report.name = engine.getName() == nullptr ? "" : engine.getName();
        report.profileCount = session.profileCount;
        report.tensors = session.tensors;
        report.deviceMemory = engine.getDeviceMemorySizeV2();
        for (int32_t profile = 0; profile < session.profileCount; ++profile) {
            report.deviceMemoryPerProfile.push_back(engine.getDeviceMemorySizeForProfileV2(profile));
        }
        report.auxStreams = engine.getNbAuxStreams();
        report.layerCount = engine.getNbLayers();
        report.profilingVerbosity = static_cast<int64_t>(engine.getProfilingVerbosity());
        report.isRefittable = engine.isRefittable();
        report.isDeferred = session.isDeferred;
        report.streamable = session.streamable;
        report.gpu = session.gpu;
        report.freeBefore = std::max<int64_t>(session.freeBefore, 0);
        report.freeAfter = std::max<int64_t>(session.freeLoaded, 0);
        report.loadNs = session.loadNs;
        /* On an engine without streamable weights the getters answer -1 and log an error. */
        if (session.streamable > 0) {
            report.defaultBudget = session.defaultBudget;
            report.automaticBudget = engine.getWeightStreamingAutomaticBudget();
            report.budgets = tryBudgets(session, request.budgets, context.job);
        }
        context.job.stopIfCancelled();

        std::unique_ptr<nvinfer1::IEngineInspector> inspector;
        const char *layers = nullptr;
        if (request.layers) {
            inspector.reset(engine.createEngineInspector());
            if (inspector) {
                layers = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
            }
        }
        const std::string json = report.json();
        es_inspect_result head{};
        head.report_length = json.size();
        head.layers_length = layers == nullptr ? 0 : std::strlen(layers);
        auto &result = context.job.result();
        result.reserve(sizeof(head) + head.report_length + head.layers_length);
        appendBytes(result, head);
        result.insert(result.end(), json.begin(), json.end());
        result.insert(result.end(), layers, layers + head.layers_length);
    });
}

} // namespace engine_shim
