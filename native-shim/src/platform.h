/*
 * platform.h - what differs between Linux and Windows: error texts, threads, shared libraries, reading files,
 * writing a new one, replacing one. platformPosix.cpp and platformWindows.cpp implement it.
 *
 * Paths are text in the system's own encoding (bytes on Linux, UTF-8 on Windows), as in engine_shim.h.
 */
#pragma once

#include "engine_shim.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace engine_shim {

/* "No such file or directory (errno 2)" */
std::string systemErrorText(int32_t error);

/* A thread with a stack of stackBytes, whatever the process's default is, that no signal of the process is sent to. */
class Thread {
public:
    static constexpr size_t stackBytes = 8u << 20;

    Thread();
    ~Thread(); /* the thread must have been joined */
    Thread(const Thread &) = delete;
    Thread &operator=(const Thread &) = delete;

    void start(const char *name, std::function<void()> body);
    bool isRunning() const noexcept;
    void join() noexcept;

private:
    struct State;
    std::unique_ptr<State> mState;
};

/* A shared library, closed with the object unless keepOpen() was called. */
class SharedLibrary {
public:
    SharedLibrary() = default;
    ~SharedLibrary();
    SharedLibrary(SharedLibrary &&other) noexcept;
    SharedLibrary &operator=(SharedLibrary &&other) noexcept;

    /* A file. On failure the object is empty and why holds the loader's text. */
    static SharedLibrary openFile(const std::string &path, std::string &why);
    /* A library of the system or the driver, by name, where the system looks for such ones. */
    static SharedLibrary openSystem(const char *name, std::string &why);

    explicit operator bool() const noexcept { return mHandle != nullptr; }
    void *symbol(const char *name) const noexcept;
    template <typename F> F function(const char *name) const noexcept {
        return reinterpret_cast<F>(reinterpret_cast<uintptr_t>(symbol(name)));
    }
    void keepOpen() noexcept { mKeepOpen = true; }

private:
    explicit SharedLibrary(void *handle) : mHandle(handle) {}
    void *mHandle = nullptr;
    bool mKeepOpen = false;
};

/*
 * Lowers what the process holds in memory before something large begins. Loading TensorRT-RTX (230 MB) touches 75 MB of its
 * pages, starting Node 30 MB of its own, and most of them are never needed again. They are clean: the system takes them
 * back, and brings those that are needed from the file. (The allocator's settings were tried as well: 8 MB less for 2 % more
 * time, so they stay as they are.)
 */
void dropUnusedPages() noexcept;

/*
 * Whether fopen() and stat(), which NVIDIA's ONNX parser opens files with, find the file of this path. On Windows they take
 * the system's code page and at most 260 characters.
 */
#if defined(_WIN32)
constexpr bool pathsAreAlwaysPlain = false;
bool isPlainPath(const std::string &path);
#else
constexpr bool pathsAreAlwaysPlain = true;
inline bool isPlainPath(const std::string &) { return true; }
#endif

/*
 * A library of the driver, which on Windows may lie beside the system's: in the driver store, or where drivers before 2019
 * put NVML.
 */
SharedLibrary openDriverLibrary(const char *name, std::string &why);

/* The programs that have this file open, by name, with ", " between them; empty: nobody tells. */
std::string programsUsing(const std::string &path);

/* Why the loader would read beyond the end of this library file (a bus error, not an error code); empty: it would not. */
std::string describeTruncatedLibrary(const std::string &path);

/* The path with links resolved; the path itself where that is not possible. */
std::string resolvedPath(const std::string &path);

/* What one open, one stat and one read tell of a file. */
struct FileHead {
    es_file_type type = ES_FILE_UNKNOWN;
    int32_t systemError = 0;
    uint32_t length = 0; /* bytes read */
    uint64_t size = 0;
    int64_t modifiedNs = 0;
};
/* Reads at most capacity bytes of a regular file. Never waits for a pipe or a device. */
FileHead readFileHead(const char *path, uint8_t *buffer, uint32_t capacity) noexcept;

/* A regular file that is read in pieces, from any place in it. */
class InputFile {
public:
    /* Throws Failure with ES_FILE_ERROR. what: "engine", for the sentence. Never waits for a pipe or a device. */
    InputFile(std::string path, const char *what);
    ~InputFile();
    InputFile(const InputFile &) = delete;
    InputFile &operator=(const InputFile &) = delete;

    const std::string &path() const noexcept { return mPath; }
    /* When it was opened. */
    uint64_t size() const noexcept { return mSize; }
    /* Bytes read, less than size only at the end of the file; -1: systemError tells. */
    int64_t read(void *buffer, size_t size, uint64_t offset, int32_t &systemError) const noexcept;
    /* The system need not keep these bytes in memory for us. */
    void forget(uint64_t offset, uint64_t size) const noexcept;

private:
    const std::string mPath;
    intptr_t mHandle = -1;
    uint64_t mSize = 0;
};

/* Renames over what is there, in one step that a crash cannot leave half done. The system's error, 0: none. */
int32_t replaceFile(const std::string &from, const std::string &to) noexcept;
void removeFile(const std::string &path) noexcept;
/* Folder and name with a separator between them. */
std::string joinPath(const std::string &folder, const std::string &name);

/* A file that did not exist before; removed with the object unless keep() succeeded. */
class NewFile {
public:
    /* Throws Failure with ES_FILE_ERROR. */
    explicit NewFile(std::string path);
    ~NewFile();
    NewFile(const NewFile &) = delete;
    NewFile &operator=(const NewFile &) = delete;

    /* Writes everything or returns the system's error (0: none). */
    int32_t write(const void *bytes, size_t size) noexcept;
    /* Brings the bytes to the disk, closes, and makes sure that the path still names this file. Throws Failure. */
    void keep();

    const std::string &path() const noexcept { return mPath; }

private:
    bool isStillAtPath() const noexcept;
    void close() noexcept;

    const std::string mPath;
    intptr_t mHandle = -1;
#if !defined(_WIN32)
    uint64_t mIdentity[2] = {0, 0}; /* device and file number */
#endif
    bool mKept = false;
};

/* Directory part with its separator; empty when there is none. */
std::string directoryOf(const std::string &path);

} // namespace engine_shim
