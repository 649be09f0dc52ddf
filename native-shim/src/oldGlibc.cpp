/*
 * oldGlibc.cpp - what the C++ library takes from newer versions of glibc, in a form that 2.28 has. Only seen inside the shim.
 */
#include <ctime>

#include <pthread.h>

#define ES_HIDDEN extern "C" __attribute__((visibility("hidden")))

/* glibc 2.32: libstdc++ reads it to leave out atomic operations while there is only one thread. There are threads. */
ES_HIDDEN char __libc_single_threaded;
char __libc_single_threaded = 0;

/* glibc 2.30: behind std::condition_variable::wait_for. The older function counts by the time of day, so a wait can end
 * early or late when somebody sets the clock meanwhile; the standard lets callers expect that it ends early. */
ES_HIDDEN int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                     const struct timespec *until) {
    constexpr long second = 1000000000;
    struct timespec now {};
    struct timespec day {};
    clock_gettime(clock, &now);
    clock_gettime(CLOCK_REALTIME, &day);
    long nanoseconds = day.tv_nsec + until->tv_nsec - now.tv_nsec;
    time_t seconds = day.tv_sec + until->tv_sec - now.tv_sec;
    for (; nanoseconds < 0; nanoseconds += second) {
        seconds -= 1;
    }
    for (; nanoseconds >= second; nanoseconds -= second) {
        seconds += 1;
    }
    const struct timespec deadline = {seconds, nanoseconds};
    return pthread_cond_timedwait(condition, mutex, &deadline);
}
