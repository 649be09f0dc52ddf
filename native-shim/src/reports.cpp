#include "reports.h"

#include "jsonWriter.h"

namespace engine_shim {

namespace {

void writeRanges(JsonWriter &json, const char *key, const std::vector<std::optional<ValueRange>> &ranges) {
    json.key(key).beginArray();
    for (const auto &range : ranges) {
        if (!range) {
            json.null();
            continue;
        }
        json.beginObject();
        json.key("min").numbers(range->min);
        json.key("opt").numbers(range->opt);
        json.key("max").numbers(range->max);
        json.endObject();
    }
    json.endArray();
}

/* Leaves the object open. */
void beginGpu(JsonWriter &json, const CudaDeviceFacts &gpu) {
    json.key("gpu").beginObject();
    json.key("name").text(gpu.name);
    json.key("computeCapability").text(std::to_string(gpu.major) + "." + std::to_string(gpu.minor));
    json.key("total").number(static_cast<int64_t>(gpu.totalMemory));
}

void writeTensor(JsonWriter &json, const TensorInfo &tensor) {
    json.beginObject();
    json.key("name").text(tensor.name);
    json.key("mode").number(tensor.mode);
    json.key("type").number(tensor.type);
    json.key("shape").numbers(tensor.shape);
    json.key("format").text(tensor.format(0));
    json.key("linear").boolean(tensor.isLinear(0));
    json.key("profileFormats").beginArray();
    for (size_t i = 0; i < tensor.formats.size(); ++i) {
        json.beginObject();
        json.key("format").text(tensor.formats[i]);
        json.key("linear").boolean(static_cast<bool>(tensor.linears[i]));
        json.endObject();
    }
    json.endArray();
    json.key("aliasOf").text(tensor.aliasOf);
    json.key("location").number(tensor.location);
    json.key("shapeTensor").boolean(tensor.isShapeTensor);
    writeRanges(json, "profiles", tensor.profiles);
    writeRanges(json, "profileValues", tensor.profileValues);
    json.endObject();
}

void writeCache(JsonWriter &json, const CacheFacts &cache) {
    json.key("cache").beginObject();
    json.key("state").text(cache.state);
    json.key("loadedBytes").number(cache.loadedBytes);
    json.key("savedBytes").number(cache.savedBytes);
    json.key("warmContextNs").number(cache.warmContextNs);
    json.key("warmFirstRunNs").number(cache.warmFirstRunNs);
    json.key("message").text(cache.message);
    json.endObject();
}

void writeOutput(JsonWriter &json, const OutputFacts &output) {
    json.beginObject();
    json.key("name").text(output.name);
    json.key("type").number(output.type);
    json.key("shape").numbers(output.shape);
    json.key("bytes").number(output.bytes);
    json.key("linear").boolean(output.isLinear);
    json.key("aliasOf").text(output.aliasOf);
    json.key("file");
    if (output.file) {
        json.text(*output.file);
    } else {
        json.null();
    }
    json.endObject();
}

void writeLayers(JsonWriter &json, const std::optional<std::vector<LayerTime>> &layers) {
    json.key("layers");
    if (!layers) {
        json.null();
        return;
    }
    json.beginArray();
    for (const LayerTime &layer : *layers) {
        json.beginObject();
        json.key("name").text(layer.name);
        json.key("ns").real(layer.ns);
        json.key("count").number(layer.count);
        json.endObject();
    }
    json.endArray();
}

void writeAttempt(JsonWriter &json, const AttemptReport &attempt) {
    json.beginObject();
    json.key("budgetAsked").number(attempt.budgetAsked);
    json.key("budget").number(attempt.budget);
    json.key("scratch").number(attempt.scratch);
    json.key("deviceMemory").number(attempt.deviceMemory);
    json.key("contextNs").number(attempt.contextNs);
    json.key("firstRunNs").number(attempt.firstRunNs);
    json.key("freeReady").number(attempt.freeReady);
    json.key("freeLowest").number(attempt.freeLowest);
    json.key("freeAfter").number(attempt.freeAfter);
    json.key("cudaGraph").boolean(attempt.cudaGraph);
    json.key("firstSample").number(attempt.firstSample);
    json.key("sampleCount").number(attempt.sampleCount);
    json.key("wallNs").number(attempt.wallNs);
    json.key("outputs").beginArray();
    for (const OutputFacts &output : attempt.outputs) {
        writeOutput(json, output);
    }
    json.endArray();
    writeLayers(json, attempt.layers);
    json.key("failure");
    if (attempt.failure) {
        json.beginObject();
        json.key("stage").text(attempt.failure->stage);
        json.key("status").number(attempt.failure->status);
        json.key("cuda").number(attempt.failure->cuda);
        json.key("sentence").text(attempt.failure->sentence);
        json.endObject();
    } else {
        json.null();
    }
    json.endObject();
}

} // namespace

std::string InspectReport::json() const {
    JsonWriter json;
    json.beginObject();
    json.key("name").text(name);
    json.key("profileCount").number(profileCount);
    json.key("tensors").beginArray();
    for (const TensorInfo &tensor : tensors) {
        writeTensor(json, tensor);
    }
    json.endArray();
    json.key("deviceMemory").number(deviceMemory);
    json.key("deviceMemoryPerProfile").numbers(deviceMemoryPerProfile);
    json.key("auxStreams").number(auxStreams);
    json.key("layerCount").number(layerCount);
    json.key("profilingVerbosity").number(profilingVerbosity);
    json.key("refittable").boolean(isRefittable);
    json.key("weightsDeferred").boolean(isDeferred);
    json.key("streamable").number(streamable);
    json.key("defaultBudget").number(defaultBudget);
    json.key("automaticBudget").number(automaticBudget);
    json.key("budgets").beginArray();
    for (const BudgetFacts &budget : budgets) {
        json.beginObject();
        json.key("asked").number(budget.asked);
        json.key("taken").number(budget.taken);
        json.key("scratch").number(budget.scratch);
        json.key("deviceMemory").number(budget.deviceMemory);
        json.endObject();
    }
    json.endArray();
    beginGpu(json, gpu);
    json.key("freeBefore").number(freeBefore);
    json.key("freeAfter").number(freeAfter);
    json.endObject();
    json.key("loadNs").number(loadNs);
    json.endObject();
    return json.str();
}

std::string RunReport::json() const {
    JsonWriter json;
    json.beginObject();
    beginGpu(json, gpu);
    json.endObject();
    json.key("loadNs").number(loadNs);
    json.key("streamable").number(streamable);
    json.key("freeBefore").number(freeBefore);
    json.key("freeLoaded").number(freeLoaded);
    json.key("freeAfter").number(freeAfter);
    writeCache(json, cache);
    json.key("attempts").beginArray();
    for (const AttemptReport &attempt : attempts) {
        writeAttempt(json, attempt);
    }
    json.endArray();
    json.endObject();
    return json.str();
}

std::string failureJson(const std::string &stage, CudaStatus cuda) {
    JsonWriter json;
    json.beginObject();
    json.key("stage").text(stage);
    json.key("cuda").number(cuda);
    json.endObject();
    return json.str();
}

} // namespace engine_shim
