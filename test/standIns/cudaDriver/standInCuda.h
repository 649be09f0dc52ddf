/*
 * standInCuda.h - what the stand-in CUDA driver offers beyond the real one's functions, to the stand-in TensorRT-RTX
 * alone: "kernels" are C functions. A program that finds no `standInCudaLaunch` in libcuda.so.1 is not on a stand-in.
 */
#pragma once

#include "../system.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Puts work on a stream (NULL: the default one): it runs when somebody waits for the stream, and counts as lasting
 * duration_ns of GPU time. The GPU runs one such work at a time, whatever stream it is on. Unless the call fails work is
 * called exactly once; alive 0: the GPU was lost meanwhile, only give back the data. Returns a CUresult.
 */
STAND_IN_VISIBLE int standInCudaLaunch(void *stream, int64_t duration_ns, void (*work)(void *, int alive), void *data);
/* Where the bytes of GPU (or pinned) memory really are, NULL: [address, address + size) is not allocated. */
STAND_IN_VISIBLE void *standInCudaMemory(uint64_t address, uint64_t size);
/* The value of a fault ("nan", "hang_deserialize", ...) in the machine's description right now, 0: not there. */
STAND_IN_VISIBLE int64_t standInCudaFault(const char *name);

#ifdef __cplusplus
}
#endif
