/*
 * api.cpp - the functions of engine_shim.h: check the arguments, call the session, turn every exception into a status.
 */
#include "engine_shim.h"

#include "buildRequest.h"
#include "failure.h"
#include "runtime.h"
#include "session.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

/* The opaque types of the interface are plain wrappers. */
struct es_session {
    engine_shim::Session session;
};
struct es_build {
    engine_shim::BuildRequest request;
};
struct es_run {
    engine_shim::RunRequest request;
};

namespace {

using engine_shim::Failure;
using engine_shim::NamedValue;

/* Fixed, so that a failure can always be told, also one of memory. */
thread_local char lastError[4096] = "";

void rememberError(const char *sentence) noexcept {
    std::strncpy(lastError, sentence, sizeof(lastError) - 1);
    lastError[sizeof(lastError) - 1] = '\0';
}

template <typename Body> es_status guarded(Body body) noexcept {
    try {
        body();
        return ES_OK;
    } catch (const Failure &failure) {
        rememberError(failure.what());
        return failure.status();
    } catch (const std::bad_alloc &) {
        rememberError("There is not enough memory.");
        return ES_OUT_OF_MEMORY;
    } catch (const std::exception &error) {
        rememberError(error.what());
        return ES_INTERNAL;
    } catch (...) {
        rememberError("Unexpected error in the engine shim.");
        return ES_INTERNAL;
    }
}

void require(bool condition, const char *sentence) {
    if (!condition) {
        throw Failure(ES_INVALID_ARGUMENT, sentence);
    }
}

std::string requirePath(const char *path, const char *what) {
    if (path == nullptr || path[0] == '\0') {
        throw Failure(ES_INVALID_ARGUMENT, std::string("The ") + what + " has no path.");
    }
    return path;
}

int32_t valueByName(const std::vector<NamedValue> &known, const char *what, const char *name) {
    require(name != nullptr, "A name is missing.");
    for (const NamedValue &entry : known) {
        if (std::strcmp(entry.name, name) == 0) {
            return entry.value;
        }
    }
    std::string sentence = "TensorRT-RTX " + std::string(engine_shim::compiledVersion) + " has no " + what + " \"" + name +
                           "\"; it has";
    for (const NamedValue &entry : known) {
        sentence += std::string(&entry == &known.front() ? " " : ", ") + entry.name;
    }
    throw Failure(ES_INVALID_ARGUMENT, sentence + ".");
}

uint64_t copyText(const char *text, char *buffer, uint64_t size) noexcept {
    const size_t length = std::strlen(text);
    if (buffer != nullptr && size > 0) {
        const size_t copied = std::min<uint64_t>(length, size - 1);
        std::memcpy(buffer, text, copied);
        buffer[copied] = '\0';
    }
    return length + 1;
}

} // namespace

extern "C" {

int32_t es_abi_version(void) noexcept { return ENGINE_SHIM_ABI; }

const char *es_tensorrt_rtx_version(void) noexcept { return engine_shim::compiledVersion; }

uint64_t es_last_error(char *buffer, uint64_t size) noexcept { return copyText(lastError, buffer, size); }

uint64_t es_file_users(const char *path, char *buffer, uint64_t size) noexcept {
    std::string users;
    const es_status status = guarded([&] {
        require(path != nullptr, "es_file_users needs a path.");
        users = engine_shim::programsUsing(path);
    });
    return copyText(status == ES_OK ? users.c_str() : "", buffer, size);
}

es_status es_session_create(es_session **out) noexcept {
    return guarded([&] {
        require(out != nullptr, "es_session_create needs a place for the session.");
        *out = new es_session();
    });
}

void es_session_destroy(es_session *session) noexcept { delete session; }

es_status es_session_set_log_severity(es_session *session, int32_t severity) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(severity >= 0 && severity <= 4, "A log severity is a number from 0 to 4.");
        session->session.setMaxSeverity(severity);
    });
}

es_status es_poll(es_session *session, es_event *events, uint32_t capacity, uint32_t *count, char *text,
                  uint64_t text_size) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(count != nullptr, "es_poll needs a place for the count.");
        require(events != nullptr || capacity == 0, "es_poll needs a place for the events.");
        require(text != nullptr || text_size == 0, "es_poll needs a place for the texts.");
        *count = session->session.poll(events, capacity, text, text_size);
    });
}

es_status es_job_result(es_session *session, uint64_t job, void *buffer, uint64_t size, uint64_t *needed) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(needed != nullptr, "es_job_result needs a place for the size.");
        require(buffer != nullptr || size == 0, "es_job_result needs a buffer.");
        if (!session->session.takeResult(job, buffer, size, *needed)) {
            throw Failure(ES_BUFFER_TOO_SMALL, "The result of job " + std::to_string(job) + " has " +
                                                   std::to_string(*needed) + " bytes, the buffer " +
                                                   std::to_string(size) + ".");
        }
    });
}

es_status es_job_wait(es_session *session, uint64_t job, uint32_t limit_ms, int32_t *done) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(done != nullptr, "es_job_wait needs a place for the answer.");
        require(limit_ms <= 1000, "es_job_wait waits at most a second.");
        *done = session->session.wait(job, limit_ms) ? 1 : 0;
    });
}

es_status es_job_cancel(es_session *session, uint64_t job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        session->session.cancel(job);
    });
}

es_status es_submit_load(es_session *session, const char *library_path, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_load needs a place for the job.");
        *job = session->session.submitLoad(requirePath(library_path, "TensorRT-RTX library"));
    });
}

es_status es_submit_load_untested(es_session *session, const char *library_path, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_load_untested needs a place for the job.");
        *job = session->session.submitLoad(requirePath(library_path, "TensorRT-RTX library"), true);
    });
}

es_status es_submit_check_files(es_session *session, const char *paths, uint64_t paths_size, uint32_t count,
                                uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_check_files needs a place for the job.");
        require(paths != nullptr || paths_size == 0, "es_submit_check_files needs paths.");
        std::string copy(paths == nullptr ? "" : paths, paths_size);
        require(copy.empty() || copy.back() == '\0', "Each path must end with a NUL.");
        require(static_cast<uint64_t>(std::count(copy.begin(), copy.end(), '\0')) == count,
                "The number of paths is not the count.");
        *job = session->session.submitCheckFiles(std::move(copy), count);
    });
}

es_status es_submit_check_headers(es_session *session, const uint8_t *headers, uint32_t stride, const uint32_t *lengths,
                                  uint32_t count, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_check_headers needs a place for the job.");
        require(count == 0 || lengths != nullptr, "es_submit_check_headers needs lengths.");
        require(count == 0 || stride == 0 || headers != nullptr, "es_submit_check_headers needs headers.");
        std::vector<uint32_t> lengthsCopy(lengths, lengths + count);
        require(std::all_of(lengthsCopy.begin(), lengthsCopy.end(), [stride](uint32_t l) { return l <= stride; }),
                "A header is longer than the stride.");
        std::vector<uint8_t> headersCopy(headers, headers + uint64_t{count} * stride);
        *job = session->session.submitCheckHeaders(std::move(headersCopy), stride, std::move(lengthsCopy));
    });
}

es_status es_submit_gpus(es_session *session, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_gpus needs a place for the job.");
        *job = session->session.submitGpus();
    });
}

es_status es_submit_gpu_poll(es_session *session, uint32_t flags, const char *nvml_library, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_gpu_poll needs a place for the job.");
        require((flags & ~ES_GPU_POLL_PROCESSES) == 0, "es_submit_gpu_poll knows no such flag.");
        *job = session->session.submitGpuPoll(flags, nvml_library == nullptr ? "" : nvml_library);
    });
}

es_status es_build_create(es_build **out) noexcept {
    return guarded([&] {
        require(out != nullptr, "es_build_create needs a place for the build.");
        *out = new es_build();
    });
}

void es_build_destroy(es_build *build) noexcept { delete build; }

es_status es_build_set_model(es_build *build, const char *path) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        build->request.model = requirePath(path, "model");
    });
}

es_status es_build_set_output(es_build *build, const char *path) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        build->request.output = requirePath(path, "output");
    });
}

es_status es_build_add_flag(es_build *build, const char *name) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        build->request.flags.push_back(valueByName(engine_shim::builderFlags(), "BuilderFlag", name));
    });
}

es_status es_build_clear_flag(es_build *build, const char *name) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        build->request.clearedFlags.push_back(valueByName(engine_shim::builderFlags(), "BuilderFlag", name));
    });
}

es_status es_build_add_compute_capability(es_build *build, int32_t compute_capability) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        const auto &known = engine_shim::computeCapabilities();
        const bool isKnown = std::any_of(known.begin(), known.end(), [&](const NamedValue &entry) {
            return entry.value == compute_capability && entry.value != 0; /* kNONE is a placeholder */
        });
        if (!isKnown) {
            std::string sentence = "TensorRT-RTX " + std::string(engine_shim::compiledVersion) +
                                   " cannot build for compute capability number " +
                                   std::to_string(compute_capability) + "; it knows";
            const char *separator = " ";
            for (const NamedValue &entry : known) {
                if (entry.value != 0) {
                    sentence += separator + std::to_string(entry.value);
                    separator = ", ";
                }
            }
            throw Failure(ES_INVALID_ARGUMENT, sentence + ".");
        }
        build->request.computeCapabilities.push_back(compute_capability);
    });
}

es_status es_build_add_profile_shape(es_build *build, uint32_t profile, const char *input, const int64_t *min,
                                     const int64_t *opt, const int64_t *max, uint32_t rank) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        require(input != nullptr, "The profile's input has no name.");
        require(rank == 0 || (min != nullptr && opt != nullptr && max != nullptr),
                "A profile shape needs min, opt and max.");
        auto &profiles = build->request.profiles;
        require(profile <= profiles.size(), "Profiles are numbered from 0 without gaps.");
        if (profile == profiles.size()) {
            profiles.emplace_back();
        }
        profiles[profile][input] = {{min, min + rank}, {opt, opt + rank}, {max, max + rank}};
    });
}

es_status es_build_set_profiling_verbosity(es_build *build, int32_t verbosity) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        require(verbosity >= 0 && verbosity <= 2, "ProfilingVerbosity is 0, 1 or 2.");
        build->request.profilingVerbosity = verbosity;
    });
}

es_status es_build_set_memory_pool_limit(es_build *build, const char *pool, uint64_t bytes) noexcept {
    return guarded([&] {
        require(build != nullptr, "There is no build.");
        build->request.poolLimits[valueByName(engine_shim::memoryPools(), "MemoryPoolType", pool)] = bytes;
    });
}

es_status es_submit_build(es_session *session, const es_build *build, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(build != nullptr, "There is no build.");
        require(job != nullptr, "es_submit_build needs a place for the job.");
        require(!build->request.model.empty(), "The build has no model.");
        *job = session->session.submitBuild(build->request);
    });
}

es_status es_submit_inspect(es_session *session, const char *engine_path, uint32_t flags, const int64_t *budgets,
                            uint32_t budget_count, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(job != nullptr, "es_submit_inspect needs a place for the job.");
        require((flags & ~ES_INSPECT_LAYERS) == 0, "es_submit_inspect knows no such flag.");
        require(budgets != nullptr || budget_count == 0, "es_submit_inspect needs budgets.");
        engine_shim::InspectRequest request;
        request.engine = requirePath(engine_path, "engine");
        request.layers = (flags & ES_INSPECT_LAYERS) != 0;
        request.budgets.assign(budgets, budgets + budget_count);
        require(std::all_of(request.budgets.begin(), request.budgets.end(), [](int64_t budget) { return budget >= 0; }),
                "A weight streaming budget is negative.");
        *job = session->session.submitInspect(std::move(request));
    });
}

es_status es_run_create(es_run **out) noexcept {
    return guarded([&] {
        require(out != nullptr, "es_run_create needs a place for the run.");
        *out = new es_run();
    });
}

void es_run_destroy(es_run *run) noexcept { delete run; }

es_status es_run_set_engine(es_run *run, const char *path) noexcept {
    return guarded([&] {
        require(run != nullptr, "There is no run.");
        run->request.engine = requirePath(path, "engine");
    });
}

es_status es_run_add_input(es_run *run, const char *name, const int64_t *shape, uint32_t rank,
                           const char *data_path) noexcept {
    return guarded([&] {
        require(run != nullptr, "There is no run.");
        require(name != nullptr, "The input has no name.");
        require(rank <= engine_shim::maxRank, "A tensor has at most 8 dimensions.");
        require(shape != nullptr || rank == 0, "The input has no shape.");
        engine_shim::RunInput input{name, {}, requirePath(data_path, "input's data")};
        input.shape.assign(shape, shape + rank);
        require(std::all_of(input.shape.begin(), input.shape.end(), [](int64_t size) { return size >= 0; }),
                "A dimension of the input is negative.");
        auto &inputs = run->request.inputs;
        if (std::any_of(inputs.begin(), inputs.end(), [&](const auto &known) { return known.name == input.name; })) {
            throw Failure(ES_INVALID_ARGUMENT, "The input \"" + input.name + "\" was given twice.");
        }
        inputs.push_back(std::move(input));
    });
}

es_status es_run_add_budget(es_run *run, int64_t bytes) noexcept {
    return guarded([&] {
        require(run != nullptr, "There is no run.");
        require(bytes >= ES_BUDGET_AUTOMATIC, "A weight streaming budget is negative.");
        run->request.budgets.push_back(bytes);
    });
}

es_status es_run_set_runtime_cache(es_run *run, const char *path) noexcept {
    return guarded([&] {
        require(run != nullptr, "There is no run.");
        run->request.runtimeCache = requirePath(path, "runtime cache");
    });
}

es_status es_run_set_output_folder(es_run *run, const char *path) noexcept {
    return guarded([&] {
        require(run != nullptr, "There is no run.");
        run->request.outputFolder = requirePath(path, "output folder");
    });
}

es_status es_submit_run(es_session *session, const es_run *run, const es_run_options *options, uint64_t *job) noexcept {
    return guarded([&] {
        require(session != nullptr, "There is no session.");
        require(run != nullptr, "There is no run.");
        require(options != nullptr, "es_submit_run needs options.");
        require(job != nullptr, "es_submit_run needs a place for the job.");
        engine_shim::RunRequest request = run->request;
        request.options = *options;
        requireRunnable(request);
        *job = session->session.submitRun(std::move(request));
    });
}

} // extern "C"
