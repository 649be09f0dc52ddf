/*
 * oldGlibc.h - lets a shim that was built on a new Linux run from glibc 2.28 on, like VS Code and TensorRT-RTX itself.
 *
 * glibc 2.32 to 2.34 moved functions from libpthread and libdl into libc and gave them new versions; the old versions are
 * still there and are the same functions. This asks the linker for those. Included by the one file that calls them.
 */
#pragma once

#if defined(ES_OLD_GLIBC)

#include <sys/stat.h>

#define ES_OLD_SYMBOL(name, version) __asm__(".symver " #name "," #name "@" version)
ES_OLD_SYMBOL(dlopen, "GLIBC_2.2.5");
ES_OLD_SYMBOL(dlclose, "GLIBC_2.2.5");
ES_OLD_SYMBOL(dlsym, "GLIBC_2.2.5");
ES_OLD_SYMBOL(dlerror, "GLIBC_2.2.5");
ES_OLD_SYMBOL(pthread_create, "GLIBC_2.2.5");
ES_OLD_SYMBOL(pthread_join, "GLIBC_2.2.5");
ES_OLD_SYMBOL(pthread_sigmask, "GLIBC_2.2.5");
ES_OLD_SYMBOL(pthread_attr_setstacksize, "GLIBC_2.2.5");
ES_OLD_SYMBOL(pthread_setname_np, "GLIBC_2.12");
ES_OLD_SYMBOL(__fxstat, "GLIBC_2.2.5");
ES_OLD_SYMBOL(__xstat, "GLIBC_2.2.5");
ES_OLD_SYMBOL(__lxstat, "GLIBC_2.2.5");
#undef ES_OLD_SYMBOL

/* Before 2.33 stat() was an inline function around these; 1 is the version of struct stat on x86-64. */
extern "C" {
int __fxstat(int version, int file, struct stat *facts) noexcept;
int __xstat(int version, const char *path, struct stat *facts) noexcept;
int __lxstat(int version, const char *path, struct stat *facts) noexcept;
}

namespace engine_shim {
inline int statFile(int file, struct stat *facts) noexcept { return __fxstat(1, file, facts); }
inline int statPath(const char *path, struct stat *facts) noexcept { return __xstat(1, path, facts); }
inline int statLink(const char *path, struct stat *facts) noexcept { return __lxstat(1, path, facts); }
} // namespace engine_shim

#else

#include <sys/stat.h>

namespace engine_shim {
inline int statFile(int file, struct stat *facts) noexcept { return ::fstat(file, facts); }
inline int statPath(const char *path, struct stat *facts) noexcept { return ::stat(path, facts); }
inline int statLink(const char *path, struct stat *facts) noexcept { return ::lstat(path, facts); }
} // namespace engine_shim

#endif
