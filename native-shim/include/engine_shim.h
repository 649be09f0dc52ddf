/*
 * engine_shim.h - the C interface between the engine host (Node, through koffi) and NVIDIA TensorRT-RTX.
 *
 * One shared object implements this header for each TensorRT-RTX minor version (libengine_shim_1_7.so, ...), because
 * TensorRT-RTX's C++ interface is a set of vtables that changes between minor versions. None of them links NVIDIA's
 * libraries: TensorRT-RTX, its ONNX parser, the CUDA driver and NVML are opened at run time.
 *
 * Rules
 *  - Every function is noexcept and catches everything; a failure is an es_status, its sentence is es_last_error().
 *  - Outputs are untouched on failure. destroy functions accept NULL.
 *  - Text is UTF-8 unless said otherwise; the library's own log lines and file names are bytes, passed on as they are.
 *  - Sizes and times are fixed-width; bytes and nanoseconds. Structs only grow at the end, with the ABI number.
 *  - Long work is a job: a submit function returns at once, the session's own threads (with stacks of their own) do it,
 *    es_poll tells when it is done, es_job_result fetches what it made. No callbacks into the caller.
 *  - A session may be used from one thread at a time. Jobs of one lane run in the order they were submitted:
 *    lane "check" (load, check), lane "work" (build, inspect, run), lane "gpu" (GPU facts), so a check is answered during a build.
 */
#ifndef ENGINE_SHIM_H
#define ENGINE_SHIM_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define ES_API __declspec(dllexport)
#else
#define ES_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
#define ES_NOEXCEPT noexcept
extern "C" {
#else
#define ES_NOEXCEPT
#endif

/* Raised with every change of this file that a caller could notice. */
#define ENGINE_SHIM_ABI 3

typedef enum es_status {
    ES_OK = 0,
    ES_INVALID_ARGUMENT = 1,
    ES_LIBRARY_NOT_LOADED = 2,   /* dlopen/LoadLibrary failed; the loader's text is in the message */
    ES_NOT_TENSORRT_RTX = 3,     /* loaded, but it does not export TensorRT-RTX's functions */
    ES_UNSUPPORTED_VERSION = 4,  /* a TensorRT-RTX of another minor version than this shim's; info is filled */
    ES_RUNTIME_FAILED = 5,       /* TensorRT-RTX refused; its lines are events of the job */
    ES_CANCELLED = 6,
    ES_BUFFER_TOO_SMALL = 7,
    ES_NO_SUCH_JOB = 8,
    ES_NO_DRIVER = 9,            /* no NVIDIA driver, or it cannot be used; not an error of the shim */
    ES_FILE_ERROR = 10,          /* the system's errno is in the message */
    ES_MODEL_REJECTED = 11,      /* the ONNX parser refused the model; its errors are events of the job */
    ES_OUT_OF_MEMORY = 12,
    ES_INTERNAL = 13,            /* an exception that should not have been */
    ES_CUDA_FAILED = 14,         /* a CUDA call failed, ours or the library's; the number is in the report */
    ES_GPU_OUT_OF_MEMORY = 15    /* GPU memory was not enough */
} es_status;

typedef struct es_session es_session; /* one TensorRT-RTX library, its threads, its events */

/* ---- the shim itself ---- */
ES_API int32_t es_abi_version(void) ES_NOEXCEPT;
/* "1.7": the minor version of the headers this shared object was compiled against. Static storage. */
ES_API const char *es_tensorrt_rtx_version(void) ES_NOEXCEPT;
/* The sentence of the last failure on this thread. Copies at most size bytes, always NUL-terminated; returns the length needed. */
ES_API uint64_t es_last_error(char *buffer, uint64_t size) ES_NOEXCEPT;

/* The programs that have a file open, by name, as a list with ", " between them: what the Restart Manager of Windows tells,
 * which can take a second. Empty where nobody tells, as on Linux, where an open file is in nobody's way. As es_last_error. */
ES_API uint64_t es_file_users(const char *path, char *buffer, uint64_t size) ES_NOEXCEPT;

/* ---- sessions ---- */
ES_API es_status es_session_create(es_session **out) ES_NOEXCEPT;
/* Asks running jobs to stop, waits for them, closes the runtime. It can wait as long as a native call does. */
ES_API void es_session_destroy(es_session *session) ES_NOEXCEPT;

/* The most verbose ILogger severity that becomes events and lines: 3 (info) unless set. 4 (verbose) makes a build's log
 * tens of thousands of lines. Takes effect with the next job. */
ES_API es_status es_session_set_log_severity(es_session *session, int32_t severity) ES_NOEXCEPT;

/* ---- jobs and events ---- */
typedef enum es_event_kind {
    ES_EVENT_LOG = 1,          /* code: ILogger severity (0 internal error .. 4 verbose); text: the line, bytes */
    ES_EVENT_DONE = 2,         /* code: es_status; text: the sentence when it is not ES_OK; a: result size in bytes */
    ES_EVENT_PHASE_START = 3,  /* code: number of steps; text: phase name; a: phase id; b: parent phase id or -1 */
    ES_EVENT_PHASE_STEP = 4,   /* a: phase id; b: step */
    ES_EVENT_PHASE_END = 5,    /* a: phase id */
    ES_EVENT_LOST = 6          /* a: how many events were dropped since the last poll because the ring was full */
} es_event_kind;

typedef struct es_event {
    uint32_t kind;         /* es_event_kind */
    int32_t code;
    uint64_t job;          /* 0: no job */
    int64_t a;
    int64_t b;
    int64_t time_ns;       /* monotonic */
    uint32_t text_offset;  /* into the text buffer of es_poll */
    uint32_t text_length;  /* bytes, without a terminator */
} es_event;                /* 48 bytes */

/* Moves up to capacity events out of the ring, oldest first, their texts one after the other into text. Never blocks.
 * An event whose text does not fit any more stays for the next poll; one longer than text_size is cut. DONE events are never dropped. */
ES_API es_status es_poll(es_session *session, es_event *events, uint32_t capacity, uint32_t *count,
                         char *text, uint64_t text_size) ES_NOEXCEPT;
/* Copies a finished job's result and forgets the job. ES_BUFFER_TOO_SMALL leaves it; *needed is set in both cases. */
ES_API es_status es_job_result(es_session *session, uint64_t job, void *buffer, uint64_t size, uint64_t *needed) ES_NOEXCEPT;
/* Waits until a job has ended, at most limit_ms (up to 1000), for work that is known to be short: one wait costs less than
 * asking again and again. *done is 1 when its DONE event is there to be polled. */
ES_API es_status es_job_wait(es_session *session, uint64_t job, uint32_t limit_ms, int32_t *done) ES_NOEXCEPT;
/* Asks a job to stop: one that waits never starts, one that runs stops at its next question. It still ends with DONE. */
ES_API es_status es_job_cancel(es_session *session, uint64_t job) ES_NOEXCEPT;

/* ---- loading TensorRT-RTX: result is one es_library_info ---- */
typedef struct es_library_info {
    int32_t major, minor, patch, build;
    int32_t header_size;       /* IRuntime::getEngineHeaderSize() */
    int32_t cuda_runtime;      /* 13040 = 13.4: the CUDA runtime inside the library; 0: could not be told (needs a readable GPU) */
} es_library_info;
/* library_path: the libtensorrt_rtx file, in the system's own encoding. A session loads one library once. With
 * ES_UNSUPPORTED_VERSION the job still has its result, so that the caller can pick the shim of that version. */
ES_API es_status es_submit_load(es_session *session, const char *library_path, uint64_t *job) ES_NOEXCEPT;
/* The same for a newer minor version than this shim's, of the same major one, whose headers nobody here has seen: to check headers
 * and nothing else. It is asked things whose answers are known first, and refused (ES_UNSUPPORTED_VERSION) where it answers
 * otherwise. Where the interface moved this can end the process: only in one that may be lost. */
ES_API es_status es_submit_load_untested(es_session *session, const char *library_path, uint64_t *job) ES_NOEXCEPT;

/* ---- checking engines: result is count records, then the text they point into ---- */
#define ES_HEADER_CAPACITY 128
typedef enum es_file_type { ES_FILE_UNKNOWN = 0, ES_FILE_REGULAR = 1, ES_FILE_DIRECTORY = 2, ES_FILE_OTHER = 3 } es_file_type;

typedef struct es_check_record {
    uint8_t header[ES_HEADER_CAPACITY]; /* the first bytes of the file, zeros behind header_length */
    uint32_t header_length;             /* bytes read: min(file size, header size of the runtime) */
    uint32_t file_type;                 /* es_file_type; only regular files are read */
    int32_t system_error;               /* errno / GetLastError of open, stat or read; 0: none */
    int32_t validity;                   /* EngineValidity as the runtime answered, -1: not asked */
    uint64_t diagnostics;               /* EngineInvalidityDiagnostics bits as the runtime answered */
    uint64_t file_size;
    int64_t modified_ns;                /* since 1970 */
    uint32_t lines_offset;              /* into the text behind the records: the library's lines for this file */
    uint32_t lines_length;              /* each line is one severity digit ('0'..'4'), its bytes and a NUL */
} es_check_record;                      /* ES_CHECK_RECORD_SIZE bytes */
#define ES_CHECK_RECORD_SIZE 176

/* paths: count paths, each ended by a NUL, in the system's own encoding (UTF-8 on Windows). Asks on the session's
 * check lane; reading may begin before, while jobs that were submitted earlier still run. Works without a loaded library too:
 * then nothing is asked and validity is -1. */
ES_API es_status es_submit_check_files(es_session *session, const char *paths, uint64_t paths_size, uint32_t count, uint64_t *job) ES_NOEXCEPT;
/* headers: count headers of stride bytes each, for files that only the caller can read; lengths[i] bytes of each count. */
ES_API es_status es_submit_check_headers(es_session *session, const uint8_t *headers, uint32_t stride,
                                         const uint32_t *lengths, uint32_t count, uint64_t *job) ES_NOEXCEPT;

/* ---- GPUs: result is one es_driver_record, then gpu_count es_gpu_record. Needs no TensorRT-RTX. ---- */
#define ES_UNKNOWN_BYTES UINT64_MAX
typedef struct es_driver_record {
    int32_t cuda_driver_version;  /* cuDriverGetVersion: 13000 = 13.0; 0: no CUDA driver */
    int32_t cuda_status;          /* CUresult of the first failing call, 0: none; -1: the driver library was not found */
    int32_t nvml_status;          /* nvmlReturn_t of the first failing call, 0: none; -1: NVML was not found */
    uint32_t gpu_count;
    char driver_version[80];      /* "580.159.04", empty: unknown (NVML tells) */
    char message[512];            /* why there are no GPUs, as a sentence; empty: nothing to say */
} es_driver_record;
#define ES_DRIVER_MODEL_UNKNOWN 0u  /* also on Linux, which has none */
#define ES_DRIVER_MODEL_WDDM 1u
#define ES_DRIVER_MODEL_TCC 2u
#define ES_DRIVER_MODEL_MCDM 3u
typedef struct es_gpu_record {
    char name[128];
    char uuid[80];
    int32_t index;                     /* CUDA device index, after CUDA_VISIBLE_DEVICES */
    int32_t compute_capability_major;
    int32_t compute_capability_minor;
    uint32_t driver_model;             /* ES_DRIVER_MODEL_...: NVML, on Windows alone */
    uint64_t total_memory;             /* cuDeviceTotalMem: what TensorRT-RTX compares with */
    uint64_t used_memory;              /* NVML; ES_UNKNOWN_BYTES: unknown */
    uint64_t free_memory;              /* NVML; ES_UNKNOWN_BYTES: unknown */
} es_gpu_record;
/* Creates no CUDA context and allocates no GPU memory. */
ES_API es_status es_submit_gpus(es_session *session, uint64_t *job) ES_NOEXCEPT;

/* ---- GPU memory, asked again and again: NVML alone, kept open in the session. Creates no CUDA context. Result: one
 * es_gpu_poll_record, then gpu_count es_gpu_memory_record, then process_count es_gpu_process_record. ---- */
#define ES_GPU_POLL_PROCESSES 1u     /* also which processes hold memory */
#define ES_UNKNOWN_COUNT UINT32_MAX
typedef struct es_gpu_poll_record {
    int32_t nvml_status;         /* nvmlReturn_t of what ended the look, 0: none; -1: NVML was not found */
    int32_t cuda_driver_version; /* 13000 = 13.0; 0: unknown */
    uint32_t gpu_count;
    uint32_t process_count;
    char driver_version[80];     /* empty: unknown */
    char nvml_version[80];
    char message[512];           /* the loader's words when NVML was not found */
} es_gpu_poll_record;
/* A GPU, or a MIG instance, which comes behind the GPU it is part of. */
typedef struct es_gpu_memory_record {
    char name[128];
    char uuid[96];
    char parent_uuid[96];        /* of a MIG instance's GPU; empty: a whole GPU */
    char pci_bus_id[32];
    int32_t index;               /* as NVML counts */
    int32_t mig_instance;        /* -1: a whole GPU */
    int32_t mig_enabled;
    int32_t compute_capability_major; /* 0: unknown */
    int32_t compute_capability_minor;
    int32_t utilization;         /* percent; -1: unknown */
    int32_t status;              /* nvmlReturn_t of the first failing call about this GPU or its memory */
    int32_t processes_status;    /* nvmlReturn_t of asking for its processes */
    uint32_t process_first;      /* its processes stand together */
    uint32_t process_count;      /* ES_UNKNOWN_COUNT: not asked */
    uint64_t total_memory;       /* this and the next three: bytes, ES_UNKNOWN_BYTES: unknown */
    uint64_t used_memory;        /* without reserved_memory where that is known */
    uint64_t free_memory;
    uint64_t reserved_memory;    /* kept by the driver */
} es_gpu_memory_record;          /* 424 bytes */
#define ES_GPU_PROCESS_COMPUTE 1u
#define ES_GPU_PROCESS_GRAPHICS 2u
typedef struct es_gpu_process_record {
    uint64_t memory;             /* ES_UNKNOWN_BYTES: unknown */
    uint32_t pid;
    uint32_t kind;               /* ES_GPU_PROCESS_COMPUTE or _GRAPHICS; a process that is both comes twice */
    char name[240];              /* bytes as the system has them, cut; empty: unknown */
} es_gpu_process_record;         /* 256 bytes */
/* nvml_library: NULL for the driver's own; a path is for tests with a stand-in. Fails only for want of memory. */
ES_API es_status es_submit_gpu_poll(es_session *session, uint32_t flags, const char *nvml_library, uint64_t *job) ES_NOEXCEPT;

/* ---- building: see es_build below ---- */
typedef struct es_build es_build; /* what to build; owned by the caller until submitted */

ES_API es_status es_build_create(es_build **out) ES_NOEXCEPT;
ES_API void es_build_destroy(es_build *build) ES_NOEXCEPT;
/* The ONNX file; external data is looked for beside it. */
ES_API es_status es_build_set_model(es_build *build, const char *path) ES_NOEXCEPT;
/* Created anew (fails where something is there already), written in pieces, fsync'ed. On failure it is removed. Never
 * called: the engine is built and thrown away, for the library's answer alone. */
ES_API es_status es_build_set_output(es_build *build, const char *path) ES_NOEXCEPT;
/* A BuilderFlag by its name in NvInfer.h ("kWEIGHT_STREAMING"); ES_INVALID_ARGUMENT names the known ones. */
ES_API es_status es_build_add_flag(es_build *build, const char *name) ES_NOEXCEPT;
/* Switches off a BuilderFlag that the library sets by itself (kTF32); names as above. */
ES_API es_status es_build_clear_flag(es_build *build, const char *name) ES_NOEXCEPT;
/* ComputeCapability's number: 1 kCURRENT (must be alone), 75, 80, 86, 89, 120, 121. None: the library's default set. */
ES_API es_status es_build_add_compute_capability(es_build *build, int32_t compute_capability) ES_NOEXCEPT;
/* profile: 0, 1, ...; a profile comes into being with its first shape. */
ES_API es_status es_build_add_profile_shape(es_build *build, uint32_t profile, const char *input, const int64_t *min,
                                            const int64_t *opt, const int64_t *max, uint32_t rank) ES_NOEXCEPT;
/* ProfilingVerbosity: 0 kLAYER_NAMES_ONLY, 1 kNONE, 2 kDETAILED. */
ES_API es_status es_build_set_profiling_verbosity(es_build *build, int32_t verbosity) ES_NOEXCEPT;
/* MemoryPoolType by its name in NvInfer.h ("kWORKSPACE"). */
ES_API es_status es_build_set_memory_pool_limit(es_build *build, const char *pool, uint64_t bytes) ES_NOEXCEPT;

typedef struct es_build_result {
    uint64_t engine_size;    /* bytes written, or thrown away */
    int64_t parse_ns;
    int64_t build_ns;
    uint8_t sha256[32];      /* of the bytes written; zeros: none were */
} es_build_result;
/* Copies what it needs from build, which may be destroyed at once. Needs a loaded library; the ONNX parser is the one
 * beside it. Result: one es_build_result. Parser errors and the builder's lines come as LOG events, phases as PHASE events. */
ES_API es_status es_submit_build(es_session *session, const es_build *build, uint64_t *job) ES_NOEXCEPT;

/* ---- looking inside an engine, running it ----
 *
 * Both deserialize the engine through IStreamReaderV2 (the file is read in pieces, never held), which runs code from
 * the file: only for files that the user trusts. Nothing of it stays after the job: engine, contexts, streams and GPU
 * memory are gone when DONE comes. The CUDA driver's primary context of device 0 is used (CUDA_VISIBLE_DEVICES picks).
 *
 * Results begin with a JSON report in UTF-8 (text of the engine that is not UTF-8 becomes U+FFFD). Its keys are those of
 * inspectReport and runReport in src/host/engineHost/protocol.ts; sizes are bytes, times nanoseconds. A job that fails leaves a
 * report as well when it got far enough to have one: {"stage": ..., "cuda": CUresult or cudaError_t, 0: unknown}.
 *
 * Stages, in order: "read", "deserialize", "inspect"; then for each budget "budget", "context", "inputs" (shapes and
 * files), "buffers", "first-run", "warm-up", "measure", "profile", "outputs". They come as PHASE events too (name: the
 * stage; steps: 1000 for "deserialize" (bytes read) and "measure", the number of budgets for "attempt", else 0). "attempt"
 * lies around the stages of all budgets; its step is the number of budgets that are done.
 */
#define ES_INSPECT_LAYERS 1u /* also IEngineInspector's JSON */
typedef struct es_inspect_result {
    uint64_t report_length;  /* bytes of JSON behind this struct */
    uint64_t layers_length;  /* then the inspector's own bytes, as they are; 0: not asked, or it has none */
} es_inspect_result;         /* 16 bytes */
/* budgets: weight streaming budgets in bytes to try on the engine, each reported with what was taken and its scratch.
 * None: nothing kept, each quarter of the streamable weights, and everything. */
ES_API es_status es_submit_inspect(es_session *session, const char *engine_path, uint32_t flags,
                                   const int64_t *budgets, uint32_t budget_count, uint64_t *job) ES_NOEXCEPT;

typedef struct es_run es_run; /* what to run; owned by the caller until submitted */
ES_API es_status es_run_create(es_run **out) ES_NOEXCEPT;
ES_API void es_run_destroy(es_run *run) ES_NOEXCEPT;
ES_API es_status es_run_set_engine(es_run *run, const char *path) ES_NOEXCEPT;
/* data_path: a file with exactly the tensor's bytes, C order, little endian, as TensorRT stores the type linearly. */
ES_API es_status es_run_add_input(es_run *run, const char *name, const int64_t *shape, uint32_t rank,
                                  const char *data_path) ES_NOEXCEPT;
/* Attempts run one after the other, each with a fresh execution context. -1: the library's default (streaming off),
 * -2: its automatic budget. Without any: one attempt with the default. */
#define ES_BUDGET_DEFAULT (-1)
#define ES_BUDGET_AUTOMATIC (-2)
ES_API es_status es_run_add_budget(es_run *run, int64_t bytes) ES_NOEXCEPT;
/* The runtime cache (JIT-compiled kernels): read when it is there and accepted, written whole (temporary file, rename)
 * after the first attempt that ran. A missing or refused one is not an error. */
ES_API es_status es_run_set_runtime_cache(es_run *run, const char *path) ES_NOEXCEPT;
/* An existing folder: after the first attempt that ran each output's bytes are written to "output-<index>.bin" there. */
ES_API es_status es_run_set_output_folder(es_run *run, const char *path) ES_NOEXCEPT;

#define ES_RUN_COPIES 1u      /* the copies of inputs and outputs are part of each iteration and of its time */
#define ES_RUN_CUDA_GRAPH 2u  /* CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE; the library ignores it where it cannot */
#define ES_RUN_LAZY_KERNELS 4u /* DynamicShapesKernelSpecializationStrategy::kLAZY, the library's default, instead of kEAGER */
typedef struct es_run_options {
    int32_t profile;             /* optimization profile */
    int32_t warm_up;             /* iterations before the measured ones, after the first run */
    int64_t iterations;          /* measured iterations at least, over all streams; 0: as many as duration_ns allows */
    int64_t duration_ns;         /* measure at least this long; 0: as long as iterations take */
    int64_t max_samples;         /* stop at this many iterations whatever duration_ns says; at most 1,000,000 */
    int32_t streams;             /* contexts and CUDA streams at the same time, one thread each; 1..16 */
    int32_t profiled_iterations; /* iterations with IProfiler, after and apart from the measured ones; 0: none */
    uint32_t flags;
    uint32_t reserved;
} es_run_options;                /* 48 bytes */

typedef struct es_run_sample {
    int64_t start_ns;    /* since the measurement of its attempt began */
    int64_t latency_ns;  /* from before enqueueV3 (before the copy in, with ES_RUN_COPIES) until the stream is idle */
    int64_t enqueue_ns;  /* in enqueueV3 */
    int64_t gpu_ns;      /* between CUDA events around it; -1: unknown */
} es_run_sample;         /* 32 bytes */
typedef struct es_run_result {
    uint64_t report_length;  /* bytes of JSON behind this struct */
    uint64_t samples_offset; /* from the start of the result, a multiple of 8 */
    uint64_t sample_count;   /* es_run_sample of all attempts; the report tells which are whose */
} es_run_result;             /* 24 bytes */
/* Copies what it needs from run. ES_OK once the engine was deserialized: an attempt that failed says so in its own
 * "failure" and the next one is tried. A cancel is looked for between iterations and while the file is read. */
ES_API es_status es_submit_run(es_session *session, const es_run *run, const es_run_options *options,
                               uint64_t *job) ES_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* ENGINE_SHIM_H */
