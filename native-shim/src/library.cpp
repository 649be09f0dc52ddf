#include "library.h"

#include "check.h"
#include "failure.h"

#include <array>
#include <cstring>

namespace engine_shim {

namespace {

using VersionFunction = int32_t (*)();

constexpr std::array<const char *, 5> versionSymbols = {"getInferLibMajorVersion", "getInferLibMinorVersion",
                                                        "getInferLibPatchVersion", "getInferLibBuildVersion",
                                                        "createInferRuntime_INTERNAL"};

/* TensorRT (without RTX) exports the same functions and counts from 5 (2018) to 10 and 11; TensorRT-RTX from 1. */
constexpr int32_t firstMajorOfTensorRt = 5;

std::string versionText(const es_library_info &info) {
    return std::to_string(info.major) + "." + std::to_string(info.minor) + "." + std::to_string(info.patch) + "." +
           std::to_string(info.build);
}

void readVersion(const SharedLibrary &library, const std::string &path, es_library_info &info) {
    for (const char *symbol : versionSymbols) {
        if (library.symbol(symbol) == nullptr) {
            throw Failure(ES_NOT_TENSORRT_RTX,
                          path + " is not a TensorRT-RTX library: it does not export " + symbol + ".");
        }
    }
    info.major = library.function<VersionFunction>(versionSymbols[0])();
    info.minor = library.function<VersionFunction>(versionSymbols[1])();
    info.patch = library.function<VersionFunction>(versionSymbols[2])();
    info.build = library.function<VersionFunction>(versionSymbols[3])();
    if (info.major >= firstMajorOfTensorRt) {
        throw Failure(ES_NOT_TENSORRT_RTX, path + " is TensorRT " + versionText(info) + ", not TensorRT-RTX.");
    }
}

using Header = std::array<uint8_t, 64>;

/* As that library would begin an engine. */
Header ownHeader(const es_library_info &info) noexcept {
    Header header{};
    std::memcpy(header.data(), "vtrt", 4);
    header[8] = 2;
    header[16] = 64;
    header[24] = static_cast<uint8_t>(info.major);
    header[25] = static_cast<uint8_t>(info.minor);
    header[26] = static_cast<uint8_t>(info.patch);
    header[27] = static_cast<uint8_t>(info.build);
    std::memcpy(header.data() + 28, "vtrt", 4);
    header[32] = 0x7f;
    return header;
}

/* What a version that is not known answers where every known one answers the same; empty: it does, else what differs. */
std::string whyNotTheSame(const Runtime &runtime, const es_library_info &info) {
    constexpr int32_t isInvalid = 2;
    constexpr uint64_t isMalformed = 1u << 5;
    const ThreadLogScope quiet(&silentLogSink());
    const int64_t headerSize = runtime.headerSize();
    if (headerSize != static_cast<int64_t>(Header{}.size())) {
        return "it says that an engine's header has " + std::to_string(headerSize) + " bytes";
    }
    const Validity ofZeros = runtime.validity(Header{}.data(), headerSize);
    if (ofZeros.validity != isInvalid || ofZeros.diagnostics != isMalformed) {
        return "it does not refuse 64 zeros as every version so far";
    }
    const Validity ofOwn = runtime.validity(ownHeader(info).data(), headerSize);
    if (ofOwn.validity < 0 || ofOwn.validity > isInvalid || (ofOwn.diagnostics & isMalformed) != 0) {
        return "it does not take a header of its own version for one";
    }
    return {};
}

/* The two functions of a check lie where they do in this shim's version from 1.5 on; nobody has appended in front of them since. */
bool mayBeAsked(const es_library_info &info) noexcept {
    return info.major == compiledMajor && info.minor > compiledMinor && compiledMinor >= 5;
}

/*
 * TensorRT-RTX does not say which CUDA runtime it carries, but it says kOLD_CUDA_RUNTIME of an engine that was built with
 * a newer one. So ask about headers that name a CUDA runtime, as no engine of ours would, until the limit is found. This
 * needs a GPU that can be read: without one it answers kINVALID without a reason. 0: could not be told.
 */
int32_t findCudaRuntime(const Runtime &runtime, const es_library_info &info) noexcept {
    constexpr uint64_t oldCudaRuntime = 1u << 3;
    constexpr int32_t beyondAny = 1000000;
    Header header = ownHeader(info);
    if (runtime.headerSize() != static_cast<int64_t>(header.size())) {
        return 0; /* another layout */
    }
    const ThreadLogScope quiet(&silentLogSink());
    const auto isTooOldFor = [&](int32_t cudaRuntime) {
        const int64_t value = cudaRuntime;
        std::memcpy(header.data() + 48, &value, sizeof(value));
        return (runtime.validity(header.data(), static_cast<int64_t>(header.size())).diagnostics & oldCudaRuntime) != 0;
    };
    if (!isTooOldFor(beyondAny) || isTooOldFor(0)) {
        return 0;
    }
    int32_t enough = 0;
    int32_t tooNew = beyondAny;
    while (tooNew - enough > 1) {
        const int32_t middle = enough + (tooNew - enough) / 2;
        (isTooOldFor(middle) ? tooNew : enough) = middle;
    }
    return enough;
}

} // namespace

std::shared_ptr<const LoadedRuntime> loadLibrary(const std::string &path, bool isUntested, Job &job) {
    const std::string truncated = describeTruncatedLibrary(path);
    if (!truncated.empty()) {
        throw Failure(ES_LIBRARY_NOT_LOADED, "Cannot load " + path + ": " + truncated + ".");
    }
    std::string why;
    SharedLibrary library = SharedLibrary::openFile(path, why);
    if (!library) {
        throw Failure(ES_LIBRARY_NOT_LOADED, "Cannot load " + path + ": " + why);
    }
    /* A TensorRT-RTX holds our logger for good, may have threads of its own and leaks what it made when it was loaded:
     * it is never unloaded. Of another version it will be wanted at once by that version's shim. */
    if (library.symbol(versionSymbols[0]) != nullptr) {
        library.keepOpen();
    }
    auto loaded = std::make_shared<LoadedRuntime>();
    loaded->path = path;
    readVersion(library, path, loaded->info);
    loaded->isUntested = isUntested && mayBeAsked(loaded->info);
    if (!loaded->isUntested && (loaded->info.major != compiledMajor || loaded->info.minor != compiledMinor)) {
        appendBytes(job.result(), loaded->info);
        throw Failure(ES_UNSUPPORTED_VERSION, path + " is TensorRT-RTX " + versionText(loaded->info) +
                                                  "; this engine shim is for " + compiledVersion + ".");
    }
    loaded->runtime = createRuntime(library);
    if (!loaded->runtime) {
        throw Failure(ES_RUNTIME_FAILED,
                      "TensorRT-RTX " + versionText(loaded->info) + " in " + path + " could not be started.");
    }
    if (loaded->isUntested) {
        const std::string difference = whyNotTheSame(*loaded->runtime, loaded->info);
        if (!difference.empty()) {
            appendBytes(job.result(), loaded->info);
            throw Failure(ES_UNSUPPORTED_VERSION, path + " is TensorRT-RTX " + versionText(loaded->info) +
                                                      ", newer than this engine shim, and can't be asked: " + difference + ".");
        }
    }
    const int64_t headerSize = loaded->runtime->headerSize();
    if (headerSize <= 0 || headerSize > maxHeaderBytes) {
        throw Failure(ES_RUNTIME_FAILED, "TensorRT-RTX " + versionText(loaded->info) + " in " + path +
                                             " says that an engine's header has " + std::to_string(headerSize) +
                                             " bytes.");
    }
    loaded->info.header_size = static_cast<int32_t>(headerSize);
    loaded->info.cuda_runtime = findCudaRuntime(*loaded->runtime, loaded->info);
    appendBytes(job.result(), loaded->info);
    return loaded;
}

} // namespace engine_shim
