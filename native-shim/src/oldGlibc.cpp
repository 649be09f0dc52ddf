/*
 * oldGlibc.cpp - a variable of glibc 2.32 that libstdc++ reads to leave out atomic operations while there is only one
 * thread. Ours is always 0: there are threads. Only seen inside the shim.
 */
extern "C" {
extern __attribute__((visibility("hidden"))) char __libc_single_threaded;
char __libc_single_threaded = 0;
}
