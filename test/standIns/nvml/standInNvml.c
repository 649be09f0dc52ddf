/*
 * standInNvml.c - a stand-in for NVIDIA's management library (NVML), for tests on machines without a GPU. Own code; it
 * implements the public functions that the engine shim uses (names, structs and return codes as in nvml.h) and answers
 * from the text file that the environment variable STAND_IN_NVML names, read anew with each call, so that a test can
 * change the machine under the program. Every GPU's name and the driver version begin with "STAND-IN".
 *
 * One statement a line, fields separated by spaces, values percent-encoded:
 *   machine init=0 count_status=0 driver=580.1 nvml=13.580.1 cuda=13000 memory_v2_status=0
 *   gpu uuid=GPU-1 name=RTX total=BYTES used=BYTES reserved=BYTES util=12 cc=8.9 mig=0
 *       handle_status=0 memory_status=0 util_status=0 processes_status=0           (one line)
 *   instance uuid=MIG-1 ...                                                        of the gpu above
 *   process pid=1 memory=BYTES kind=compute name=python3 name_status=0             of the gpu or instance above
 *   hang                                                                           every call waits for ever
 *   crash                                                                          every call ends the process
 * With STAND_IN_NVML_ONCE set it is read once, so that what a program costs by itself can be measured.
 * Lines that begin with another word are for the stand-in CUDA driver (standInCuda.cpp), which reads the same file; what
 * its users hold, by the file STAND_IN_GPU_USAGE, counts as used on the first GPU.
 * Calls that matter for what polling costs are appended to the file STAND_IN_NVML_LOG, one word a line.
 *
 * Compiled with -DSTAND_IN_OLD it is an old NVML: no _v2 of the memory function, processes only without a version.
 */
#include "../system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT STAND_IN_VISIBLE
enum { MAX_GPUS = 128, MAX_PROCESSES = 256, SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6,
       INSUFFICIENT_SIZE = 7, UNINITIALIZED = 1 };

typedef struct {
    int parent; /* index of the GPU that an instance is part of, -1: a whole GPU */
    char uuid[96], name[96];
    unsigned long long total, used, reserved;
    unsigned int util;
    int major, minor, mig, handleStatus, memoryStatus, utilStatus, processesStatus;
} Gpu;
typedef struct {
    int gpu;
    unsigned int pid;
    unsigned long long memory;
    int graphics, nameStatus;
    char name[512];
} Process;
typedef struct {
    int init, countStatus, cuda, memoryV2Status;
    char driver[80], nvml[80];
    int gpuCount, processCount;
    Gpu gpus[MAX_GPUS];
    Process processes[MAX_PROCESSES];
} Machine;

static Machine machine;
static int started;

static void logCall(const char *word) {
    const char *path = getenv("STAND_IN_NVML_LOG");
    FILE *file = path == NULL ? NULL : fopen(path, "ab");
    if (file != NULL) {
        fprintf(file, "%s\n", word);
        fclose(file);
    }
}

static void decode(const char *from, char *to, size_t size) {
    size_t length = 0;
    for (; *from != '\0' && length + 1 < size; ++from) {
        unsigned int byte = 0;
        if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
            to[length++] = (char)byte;
            from += 2;
        } else {
            to[length++] = *from;
        }
    }
    to[length] = '\0';
}

/* Copies the value of " key=..." in line; 0: it is not there. */
static int value(const char *line, const char *key, char *to, size_t size) {
    char pattern[64];
    char raw[2048];
    const char *at;
    snprintf(pattern, sizeof(pattern), " %s=", key);
    at = strstr(line, pattern);
    if (at == NULL || sscanf(at + strlen(pattern), "%2047[^ \n]", raw) != 1) {
        return 0;
    }
    decode(raw, to, size);
    return 1;
}

static unsigned long long number(const char *line, const char *key, unsigned long long otherwise) {
    char text[64];
    return value(line, key, text, sizeof(text)) ? strtoull(text, NULL, 10) : otherwise;
}

static void readGpu(const char *line, int parent) {
    Gpu *gpu = &machine.gpus[machine.gpuCount];
    char text[96] = "";
    if (machine.gpuCount == MAX_GPUS) {
        return;
    }
    memset(gpu, 0, sizeof(*gpu));
    gpu->parent = parent;
    value(line, "name", text, sizeof(text) - 9);
    snprintf(gpu->name, sizeof(gpu->name), "STAND-IN %.80s", text);
    value(line, "uuid", gpu->uuid, sizeof(gpu->uuid));
    gpu->total = number(line, "total", 0);
    gpu->used = number(line, "used", 0);
    gpu->reserved = number(line, "reserved", 0);
    gpu->util = (unsigned int)number(line, "util", 0);
    gpu->mig = (int)number(line, "mig", 0);
    gpu->handleStatus = (int)number(line, "handle_status", 0);
    gpu->memoryStatus = (int)number(line, "memory_status", 0);
    gpu->utilStatus = (int)number(line, "util_status", 0);
    gpu->processesStatus = (int)number(line, "processes_status", 0);
    gpu->major = 8;
    gpu->minor = 9;
    if (value(line, "cc", text, sizeof(text))) {
        sscanf(text, "%d.%d", &gpu->major, &gpu->minor);
    }
    machine.gpuCount++;
}

static void readProcess(const char *line) {
    Process *process = &machine.processes[machine.processCount];
    char kind[16] = "";
    if (machine.processCount == MAX_PROCESSES) {
        return;
    }
    memset(process, 0, sizeof(*process));
    process->gpu = machine.gpuCount - 1;
    process->pid = (unsigned int)number(line, "pid", 0);
    process->memory = number(line, "memory", ~0ull);
    process->nameStatus = (int)number(line, "name_status", 0);
    value(line, "kind", kind, sizeof(kind));
    process->graphics = strcmp(kind, "graphics") == 0;
    value(line, "name", process->name, sizeof(process->name));
    machine.processCount++;
}

/* The sum of what living processes hold: records of u32 pid, u32, u64 bytes. */
static unsigned long long heldOnGpu(void) {
    struct { unsigned int pid, reserved; unsigned long long bytes; } use;
    unsigned long long sum = 0;
    const char *path = getenv("STAND_IN_GPU_USAGE");
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    while (file != NULL && fread(&use, sizeof(use), 1, file) == 1) {
        if (use.pid != 0 && systemProcessLives(use.pid)) {
            sum += use.bytes;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return sum;
}

static void look(void) {
    static int looked;
    const char *path = getenv("STAND_IN_NVML");
    FILE *file;
    if (looked && getenv("STAND_IN_NVML_ONCE") != NULL) {
        return;
    }
    looked = 1;
    file = path == NULL ? NULL : fopen(path, "r");
    char line[4096];
    int lastGpu = -1;
    memset(&machine, 0, sizeof(machine));
    snprintf(machine.driver, sizeof(machine.driver), "STAND-IN 580.1");
    snprintf(machine.nvml, sizeof(machine.nvml), "STAND-IN 13.580.1");
    machine.cuda = 13000;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char text[70];
        if (strncmp(line, "machine", 7) == 0) {
            machine.init = (int)number(line, "init", 0);
            machine.countStatus = (int)number(line, "count_status", 0);
            machine.cuda = (int)number(line, "cuda", 13000);
            machine.memoryV2Status = (int)number(line, "memory_v2_status", 0);
            if (value(line, "driver", text, sizeof(text))) {
                snprintf(machine.driver, sizeof(machine.driver), "STAND-IN %s", text);
            }
        } else if (strncmp(line, "gpu", 3) == 0) {
            lastGpu = machine.gpuCount;
            readGpu(line, -1);
        } else if (strncmp(line, "instance", 8) == 0) {
            readGpu(line, lastGpu);
        } else if (strncmp(line, "process", 7) == 0) {
            readProcess(line);
        } else if (strncmp(line, "hang", 4) == 0) {
            for (;;) {
                systemSleepNs(1000000000);
            }
        } else if (strncmp(line, "crash", 5) == 0) {
            abort();
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    if (machine.gpuCount > 0) {
        machine.gpus[0].used += heldOnGpu();
    }
}

/* A handle is the address of its number: what it points to may be different with the next call. */
static char handles[MAX_GPUS];
static int numberOf(const void *handle) { return (int)((const char *)handle - handles); }
static Gpu *gpuOf(const void *handle) {
    look();
    return started && numberOf(handle) >= 0 && numberOf(handle) < machine.gpuCount ? &machine.gpus[numberOf(handle)] : NULL;
}
/* The first failing thing about a GPU that every call about it meets. */
static int statusOf(const Gpu *gpu) { return !started ? UNINITIALIZED : gpu == NULL ? 15 : gpu->handleStatus; }

static int copy(const char *from, char *to, unsigned int size) {
    if (strlen(from) >= size) {
        return INSUFFICIENT_SIZE;
    }
    strcpy(to, from);
    return SUCCESS;
}

EXPORT int nvmlInit_v2(void) {
    look();
    logCall("init");
    started = machine.init == SUCCESS;
    return machine.init;
}
EXPORT int nvmlShutdown(void) {
    logCall("shutdown");
    started = 0;
    return SUCCESS;
}
EXPORT int nvmlSystemGetDriverVersion(char *text, unsigned int size) {
    look();
    return copy(machine.driver, text, size);
}
EXPORT int nvmlSystemGetNVMLVersion(char *text, unsigned int size) {
    look();
    return copy(machine.nvml, text, size);
}
EXPORT int nvmlSystemGetCudaDriverVersion(int *version) {
    look();
    *version = machine.cuda;
    return SUCCESS;
}
EXPORT int nvmlDeviceGetCount_v2(unsigned int *count) {
    int i;
    look();
    *count = 0;
    for (i = 0; i < machine.gpuCount; ++i) {
        *count += machine.gpus[i].parent < 0;
    }
    return machine.countStatus;
}
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **handle) {
    int i;
    look();
    for (i = 0; i < machine.gpuCount; ++i) {
        if (machine.gpus[i].parent < 0 && index-- == 0) {
            *handle = &handles[i];
            return machine.gpus[i].handleStatus;
        }
    }
    return INVALID_ARGUMENT;
}
EXPORT int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    int i;
    look();
    for (i = 0; i < machine.gpuCount; ++i) {
        if (strcmp(machine.gpus[i].uuid, uuid) == 0) {
            *handle = &handles[i];
            return machine.gpus[i].handleStatus;
        }
    }
    return NOT_FOUND;
}
EXPORT int nvmlDeviceGetName(void *handle, char *text, unsigned int size) {
    const Gpu *gpu = gpuOf(handle);
    return statusOf(gpu) != SUCCESS ? statusOf(gpu) : copy(gpu->name, text, size);
}
EXPORT int nvmlDeviceGetUUID(void *handle, char *text, unsigned int size) {
    const Gpu *gpu = gpuOf(handle);
    return statusOf(gpu) != SUCCESS ? statusOf(gpu) : copy(gpu->uuid, text, size);
}
EXPORT int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    const Gpu *gpu = gpuOf(handle);
    if (statusOf(gpu) != SUCCESS) {
        return statusOf(gpu);
    }
    *major = gpu->major;
    *minor = gpu->minor;
    return SUCCESS;
}
EXPORT int nvmlDeviceGetPciInfo_v3(void *handle, void *info) {
    const Gpu *gpu = gpuOf(handle);
    if (statusOf(gpu) != SUCCESS) {
        return statusOf(gpu);
    }
    /* busId stands behind 16 bytes and five numbers. */
    snprintf((char *)info + 36, 32, "00000000:%02X:00.0", (unsigned int)numberOf(handle) + 1);
    return SUCCESS;
}

typedef struct { unsigned long long total, free, used; } Memory;
EXPORT int nvmlDeviceGetMemoryInfo(void *handle, Memory *memory) {
    const Gpu *gpu = gpuOf(handle);
    logCall("memory_v1");
    if (statusOf(gpu) != SUCCESS || gpu->memoryStatus != SUCCESS) {
        return statusOf(gpu) != SUCCESS ? statusOf(gpu) : gpu->memoryStatus;
    }
    memory->total = gpu->total;
    memory->used = gpu->used + gpu->reserved;
    memory->free = gpu->total - memory->used;
    return SUCCESS;
}
#ifndef STAND_IN_OLD
typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } MemoryV2;
EXPORT int nvmlDeviceGetMemoryInfo_v2(void *handle, MemoryV2 *memory) {
    const Gpu *gpu = gpuOf(handle);
    if (memory->version != (sizeof(MemoryV2) | (2u << 24))) {
        return 25;
    }
    if (machine.memoryV2Status != SUCCESS) {
        return machine.memoryV2Status;
    }
    if (statusOf(gpu) != SUCCESS || gpu->memoryStatus != SUCCESS) {
        return statusOf(gpu) != SUCCESS ? statusOf(gpu) : gpu->memoryStatus;
    }
    memory->total = gpu->total;
    memory->reserved = gpu->reserved;
    memory->used = gpu->used;
    memory->free = gpu->total - gpu->used - gpu->reserved;
    return SUCCESS;
}
#endif
EXPORT int nvmlDeviceGetUtilizationRates(void *handle, unsigned int *rates) {
    const Gpu *gpu = gpuOf(handle);
    if (statusOf(gpu) != SUCCESS || gpu->utilStatus != SUCCESS) {
        return statusOf(gpu) != SUCCESS ? statusOf(gpu) : gpu->utilStatus;
    }
    rates[0] = gpu->util;
    rates[1] = 0;
    return SUCCESS;
}

EXPORT int nvmlDeviceGetMigMode(void *handle, unsigned int *current, unsigned int *pending) {
    const Gpu *gpu = gpuOf(handle);
    if (statusOf(gpu) != SUCCESS) {
        return statusOf(gpu);
    }
    if (gpu->mig == 0) {
        return NOT_SUPPORTED;
    }
    *current = *pending = 1;
    return SUCCESS;
}
EXPORT int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned int *count) {
    (void)handle;
    *count = 7;
    return SUCCESS;
}
EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned int index, void **instance) {
    int i;
    look();
    /* Places in between are empty, as on a real one. */
    if (index % 2 != 0) {
        return NOT_FOUND;
    }
    index /= 2;
    for (i = 0; i < machine.gpuCount; ++i) {
        if (machine.gpus[i].parent == numberOf(handle) && index-- == 0) {
            *instance = &handles[i];
            return SUCCESS;
        }
    }
    return NOT_FOUND;
}

typedef struct { unsigned int pid; unsigned long long memory; } ProcessV1;
typedef struct { unsigned int pid; unsigned long long memory; unsigned int gpuInstance, computeInstance; } ProcessV2;

static int listProcesses(void *handle, unsigned int *count, void *into, int graphics, size_t stride) {
    const Gpu *gpu = gpuOf(handle);
    unsigned int found = 0;
    int i;
    logCall("processes");
    if (statusOf(gpu) != SUCCESS || gpu->processesStatus != SUCCESS) {
        return statusOf(gpu) != SUCCESS ? statusOf(gpu) : gpu->processesStatus;
    }
    for (i = 0; i < machine.processCount; ++i) {
        const Process *process = &machine.processes[i];
        if (process->gpu != numberOf(handle) || process->graphics != graphics) {
            continue;
        }
        if (found < *count) {
            ProcessV2 entry = {process->pid, process->memory, 0, 0};
            memcpy((char *)into + found * stride, &entry, stride);
        }
        ++found;
    }
    i = found > *count ? INSUFFICIENT_SIZE : SUCCESS;
    *count = found;
    return i;
}
#ifdef STAND_IN_OLD
EXPORT int nvmlDeviceGetComputeRunningProcesses(void *handle, unsigned int *count, ProcessV1 *into) {
    return listProcesses(handle, count, into, 0, sizeof(ProcessV1));
}
EXPORT int nvmlDeviceGetGraphicsRunningProcesses(void *handle, unsigned int *count, ProcessV1 *into) {
    return listProcesses(handle, count, into, 1, sizeof(ProcessV1));
}
#else
EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned int *count, ProcessV2 *into) {
    return listProcesses(handle, count, into, 0, sizeof(ProcessV2));
}
EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned int *count, ProcessV2 *into) {
    return listProcesses(handle, count, into, 1, sizeof(ProcessV2));
}
#endif
EXPORT int nvmlSystemGetProcessName(unsigned int pid, char *name, unsigned int size) {
    int i;
    look();
    logCall("process_name");
    for (i = 0; i < machine.processCount; ++i) {
        if (machine.processes[i].pid == pid) {
            return machine.processes[i].nameStatus != SUCCESS ? machine.processes[i].nameStatus
                                                              : copy(machine.processes[i].name, name, size);
        }
    }
    return NOT_FOUND;
}
