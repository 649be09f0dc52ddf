/* system.h - what the stand-ins ask of the system, on Linux and on Windows. Also C. */
#pragma once

#include <stdint.h>

#if defined(_WIN32)
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#define STAND_IN_VISIBLE __declspec(dllexport)
#else
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#define STAND_IN_VISIBLE __attribute__((visibility("default")))
#endif

static inline void systemSleepNs(int64_t ns) {
#if defined(_WIN32)
    Sleep((DWORD)((ns + 999999) / 1000000));
#else
    struct timespec rest;
    rest.tv_sec = (time_t)(ns / 1000000000);
    rest.tv_nsec = (long)(ns % 1000000000);
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
#endif
}

static inline uint32_t systemProcessId(void) {
#if defined(_WIN32)
    return GetCurrentProcessId();
#else
    return (uint32_t)getpid();
#endif
}

static inline int systemProcessLives(uint32_t pid) {
#if defined(_WIN32)
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    int lives;
    if (process == NULL) {
        return 0;
    }
    lives = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
    CloseHandle(process);
    return lives;
#else
    return kill((pid_t)pid, 0) == 0 || errno != ESRCH;
#endif
}
