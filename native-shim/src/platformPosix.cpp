#include "platform.h"

#include "failure.h"
#include "oldGlibc.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace engine_shim {

namespace {

/* libc and its like are used all the time. */
constexpr size_t smallestWorthDropping = 8u << 20;

/* glibc's strerror_r returns the text, XSI's an int and fills the buffer: take whichever this is. */
[[maybe_unused]] const char *strerrorResult(const char *text, const char *) noexcept { return text; }
[[maybe_unused]] const char *strerrorResult(int, const char *buffer) noexcept { return buffer; }

class FileDescriptor {
public:
    explicit FileDescriptor(int value) noexcept : mValue(value) {}
    ~FileDescriptor() {
        if (mValue >= 0) {
            ::close(mValue);
        }
    }
    FileDescriptor(const FileDescriptor &) = delete;
    FileDescriptor &operator=(const FileDescriptor &) = delete;
    int get() const noexcept { return mValue; }

private:
    int mValue;
};

int openRetrying(const char *path, int flags, mode_t mode = 0) noexcept {
    int descriptor = -1;
    do {
        descriptor = ::open(path, flags, mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

/* Bytes read up to the end of the file; -1 and errno on failure. */
ssize_t readAt(int descriptor, void *buffer, size_t size, uint64_t offset) noexcept {
    size_t done = 0;
    while (done < size) {
        const ssize_t got = ::pread(descriptor, static_cast<char *>(buffer) + done, size - done,
                                    static_cast<off_t>(offset + done));
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += static_cast<size_t>(got);
    }
    return static_cast<ssize_t>(done);
}

} // namespace

std::string systemErrorText(int32_t error) {
    char buffer[256] = "";
    const char *text = strerrorResult(::strerror_r(error, buffer, sizeof(buffer)), buffer);
    return std::string(text) + " (errno " + std::to_string(error) + ")";
}

/* ---- threads ---- */

struct Thread::State {
    pthread_t thread{};
    std::string name;
    std::function<void()> body;

    static void *main(void *argument) noexcept {
        auto *state = static_cast<State *>(argument);
#if defined(__linux__)
        ::pthread_setname_np(::pthread_self(), state->name.substr(0, 15).c_str());
#endif
        state->body();
        return nullptr;
    }
};

Thread::Thread() = default;
Thread::~Thread() = default;

void Thread::start(const char *name, std::function<void()> body) {
    auto state = std::make_unique<State>();
    state->name = name;
    state->body = std::move(body);
    pthread_attr_t attributes;
    if (const int error = ::pthread_attr_init(&attributes)) {
        throw Failure(ES_OUT_OF_MEMORY, "Cannot start a thread: " + systemErrorText(error) + ".");
    }
    ::pthread_attr_setstacksize(&attributes, stackBytes);
    /* Signals are the process's (Node's) business: its own threads take them. */
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = ::pthread_create(&state->thread, &attributes, &State::main, state.get());
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
        throw Failure(ES_OUT_OF_MEMORY, "Cannot start a thread: " + systemErrorText(error) + ".");
    }
    mState = std::move(state);
}

bool Thread::isRunning() const noexcept { return mState != nullptr; }

void Thread::join() noexcept {
    if (mState) {
        ::pthread_join(mState->thread, nullptr);
        mState.reset();
    }
}

/* ---- shared libraries ---- */

SharedLibrary::~SharedLibrary() {
    if (mHandle != nullptr && !mKeepOpen) {
        ::dlclose(mHandle);
    }
}

SharedLibrary::SharedLibrary(SharedLibrary &&other) noexcept
    : mHandle(std::exchange(other.mHandle, nullptr)), mKeepOpen(other.mKeepOpen) {}

SharedLibrary &SharedLibrary::operator=(SharedLibrary &&other) noexcept {
    std::swap(mHandle, other.mHandle);
    std::swap(mKeepOpen, other.mKeepOpen);
    return *this;
}

SharedLibrary SharedLibrary::openFile(const std::string &path, std::string &why) {
    /* Without a slash dlopen would search its own folders instead of opening the file. */
    const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
    void *handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char *text = ::dlerror();
        why = text == nullptr ? "unknown reason" : text;
    }
    return SharedLibrary(handle);
}

SharedLibrary SharedLibrary::openSystem(const char *name, std::string &why) {
    void *handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char *text = ::dlerror();
        why = text == nullptr ? "unknown reason" : text;
    }
    return SharedLibrary(handle);
}

SharedLibrary openDriverLibrary(const char *name, std::string &why) { return SharedLibrary::openSystem(name, why); }

void *SharedLibrary::symbol(const char *name) const noexcept {
    return mHandle == nullptr ? nullptr : ::dlsym(mHandle, name);
}

void dropUnusedPages() noexcept {
    const auto visit = [](struct dl_phdr_info *info, size_t, void *) -> int {
        const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
        for (int i = 0; i < info->dlpi_phnum; ++i) {
            const ElfW(Phdr) &segment = info->dlpi_phdr[i];
            /* Only what was never writable is sure to be in the file as it is in memory. */
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0 || segment.p_filesz < smallestWorthDropping) {
                continue;
            }
            const uintptr_t start = (info->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
            const uintptr_t end = (info->dlpi_addr + segment.p_vaddr + segment.p_filesz) / page * page;
            ::madvise(reinterpret_cast<void *>(start), end - start, MADV_DONTNEED);
        }
        return 0;
    };
    ::dl_iterate_phdr(visit, nullptr);
}

std::string describeTruncatedLibrary(const std::string &path) {
    const FileDescriptor file(openRetrying(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat facts {};
    if (file.get() < 0 || statFile(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return {}; /* the loader says it better */
    }
    const auto size = static_cast<uint64_t>(facts.st_size);
    Elf64_Ehdr header{};
    const ssize_t got = readAt(file.get(), &header, sizeof(header), 0);
    if (got != static_cast<ssize_t>(sizeof(header)) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
        return {};
    }
    uint64_t needed = header.e_phoff + uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    for (uint32_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        const uint64_t offset = header.e_phoff + uint64_t{i} * sizeof(segment);
        if (readAt(file.get(), &segment, sizeof(segment), offset) != static_cast<ssize_t>(sizeof(segment))) {
            break;
        }
        if (segment.p_type == PT_LOAD) {
            needed = std::max(needed, segment.p_offset + segment.p_filesz);
        }
    }
    if (needed <= size) {
        return {};
    }
    return "the file is cut short: it needs " + std::to_string(needed) + " bytes and has " + std::to_string(size);
}

/* An open file is in nobody's way here. */
std::string programsUsing(const std::string &) { return {}; }

std::string resolvedPath(const std::string &path) {
    char *resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr) {
        return path;
    }
    std::string result;
    try {
        result = resolved;
    } catch (...) {
        std::free(resolved);
        throw;
    }
    std::free(resolved);
    return result;
}

std::string directoryOf(const std::string &path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

/* ---- reading ---- */

FileHead readFileHead(const char *path, uint8_t *buffer, uint32_t capacity) noexcept {
    FileHead head;
    /* O_NONBLOCK: opening a pipe returns at once and no writer is waited for. It does nothing for regular files. */
    const FileDescriptor file(openRetrying(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat facts {};
    if (file.get() < 0) {
        head.systemError = errno;
        /* A socket, a device without a driver or a file we may not read: stat can still tell what it is. */
        if (statPath(path, &facts) != 0) {
            return head;
        }
    } else if (statFile(file.get(), &facts) != 0) {
        head.systemError = errno;
        return head;
    }
    head.size = static_cast<uint64_t>(facts.st_size);
#if defined(__APPLE__)
    const auto &modified = facts.st_mtimespec;
#else
    const auto &modified = facts.st_mtim;
#endif
    head.modifiedNs = static_cast<int64_t>(modified.tv_sec) * 1000000000 + modified.tv_nsec;
    if (S_ISDIR(facts.st_mode)) {
        head.type = ES_FILE_DIRECTORY;
        return head;
    }
    if (!S_ISREG(facts.st_mode)) {
        head.type = ES_FILE_OTHER;
        return head;
    }
    head.type = ES_FILE_REGULAR;
    if (file.get() < 0) {
        return head;
    }
    const ssize_t got = readAt(file.get(), buffer, capacity, 0);
    if (got < 0) {
        head.systemError = errno;
        return head;
    }
    head.length = static_cast<uint32_t>(got);
    return head;
}

InputFile::InputFile(std::string path, const char *what) : mPath(std::move(path)) {
    const auto refuse = [&](const std::string &why) {
        return Failure(ES_FILE_ERROR, std::string("Cannot read the ") + what + " " + mPath + ": " + why + ".");
    };
    const int descriptor = openRetrying(mPath.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) {
        throw refuse(systemErrorText(errno));
    }
    mHandle = descriptor;
    struct stat facts {};
    const int32_t error = statFile(descriptor, &facts) == 0 ? 0 : errno;
    if (error != 0 || !S_ISREG(facts.st_mode)) {
        ::close(descriptor);
        throw refuse(error != 0 ? systemErrorText(error)
                                : S_ISDIR(facts.st_mode) ? "it is a folder" : "it is not a regular file");
    }
    mSize = static_cast<uint64_t>(facts.st_size);
}

InputFile::~InputFile() {
    if (mHandle >= 0) {
        ::close(static_cast<int>(mHandle));
    }
}

int64_t InputFile::read(void *buffer, size_t size, uint64_t offset, int32_t &systemError) const noexcept {
    const ssize_t got = readAt(static_cast<int>(mHandle), buffer, size, offset);
    if (got < 0) {
        systemError = errno;
    }
    return got;
}

void InputFile::forget(uint64_t offset, uint64_t size) const noexcept {
#if defined(POSIX_FADV_DONTNEED)
    ::posix_fadvise(static_cast<int>(mHandle), static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_DONTNEED);
#else
    (void)offset;
    (void)size;
#endif
}

/* ---- writing ---- */

int32_t replaceFile(const std::string &from, const std::string &to) noexcept {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

void removeFile(const std::string &path) noexcept { ::unlink(path.c_str()); }

std::string joinPath(const std::string &folder, const std::string &name) {
    return folder.empty() || folder.back() == '/' ? folder + name : folder + "/" + name;
}

NewFile::NewFile(std::string path) : mPath(std::move(path)) {
    const int descriptor = openRetrying(mPath.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
    if (descriptor < 0) {
        throw Failure(ES_FILE_ERROR, "Cannot create " + mPath + ": " + systemErrorText(errno) + ".");
    }
    mHandle = descriptor;
    struct stat facts {};
    if (statFile(descriptor, &facts) == 0) {
        mIdentity[0] = static_cast<uint64_t>(facts.st_dev);
        mIdentity[1] = static_cast<uint64_t>(facts.st_ino);
    }
}

NewFile::~NewFile() {
    if (!mKept && isStillAtPath()) {
        ::unlink(mPath.c_str());
    }
    close();
}

int32_t NewFile::write(const void *bytes, size_t size) noexcept {
    const auto *from = static_cast<const char *>(bytes);
    while (size > 0) {
        const ssize_t put = ::write(static_cast<int>(mHandle), from, size);
        if (put < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        from += put;
        size -= static_cast<size_t>(put);
    }
    return 0;
}

void NewFile::keep() {
    if (::fsync(static_cast<int>(mHandle)) != 0) {
        throw Failure(ES_FILE_ERROR, "Cannot write " + mPath + ": " + systemErrorText(errno) + ".");
    }
    if (!isStillAtPath()) {
        throw Failure(ES_FILE_ERROR, "Cannot keep " + mPath + ": it was moved or removed while it was being written.");
    }
    mKept = true;
    close();
}

bool NewFile::isStillAtPath() const noexcept {
    struct stat facts {};
    return statLink(mPath.c_str(), &facts) == 0 && static_cast<uint64_t>(facts.st_dev) == mIdentity[0] &&
           static_cast<uint64_t>(facts.st_ino) == mIdentity[1];
}

void NewFile::close() noexcept {
    if (mHandle >= 0) {
        ::close(static_cast<int>(mHandle));
        mHandle = -1;
    }
}

} // namespace engine_shim
