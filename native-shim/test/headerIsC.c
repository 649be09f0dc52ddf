/*
 * headerIsC.c - the public header is C: this file is compiled as C99, and sees the same sizes as the C++ side.
 */
#include "engine_shim.h"

uint32_t sizeInC(int which);

uint32_t sizeInC(int which) {
    switch (which) {
    case 0:
        return (uint32_t)sizeof(es_event);
    case 1:
        return (uint32_t)sizeof(es_check_record);
    case 2:
        return (uint32_t)sizeof(es_library_info);
    case 3:
        return (uint32_t)sizeof(es_driver_record);
    case 4:
        return (uint32_t)sizeof(es_gpu_record);
    case 5:
        return (uint32_t)sizeof(es_build_result);
    default:
        return 0;
    }
}
