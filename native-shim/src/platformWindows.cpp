#include "platform.h"

#include "failure.h"

#include <algorithm>
#include <cerrno>
#include <cwchar>
#include <utility>
#include <vector>

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <process.h>
#include <restartmanager.h>

namespace engine_shim {

namespace {

class Handle {
public:
    explicit Handle(HANDLE value) noexcept : mValue(value) {}
    ~Handle() {
        if (isValid()) {
            ::CloseHandle(mValue);
        }
    }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    bool isValid() const noexcept { return mValue != nullptr && mValue != INVALID_HANDLE_VALUE; }
    HANDLE get() const noexcept { return mValue; }

private:
    HANDLE mValue;
};

std::wstring toWide(const std::string &text) {
    const int length = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
    std::wstring wide(static_cast<size_t>(std::max(length, 0)), L'\0');
    ::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), wide.data(), length);
    return wide;
}

std::string toUtf8(const wchar_t *text, size_t size) {
    const int length = ::WideCharToMultiByte(CP_UTF8, 0, text, static_cast<int>(size), nullptr, 0, nullptr, nullptr);
    std::string utf8(static_cast<size_t>(std::max(length, 0)), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, text, static_cast<int>(size), utf8.data(), length, nullptr, nullptr);
    return utf8;
}

std::wstring absolutePath(const std::wstring &path) {
    const DWORD needed = ::GetFullPathNameW(path.c_str(), 0, nullptr, nullptr);
    std::wstring absolute(needed, L'\0');
    const DWORD length = ::GetFullPathNameW(path.c_str(), needed, absolute.data(), nullptr);
    if (length == 0 || length >= needed) {
        return path;
    }
    absolute.resize(length);
    return absolute;
}

/*
 * Paths of more than 260 characters need the prefix; it takes absolute paths with backslashes only, and has a form of its own
 * for shares (\\server\share becomes \\?\UNC\server\share).
 */
std::wstring filePath(const std::string &path) {
    const std::wstring absolute = absolutePath(toWide(path));
    const auto begins = [&absolute](const wchar_t *with) { return absolute.compare(0, wcslen(with), with) == 0; };
    if (absolute.size() < MAX_PATH || begins(L"\\\\?\\") || begins(L"\\\\.\\")) {
        return absolute;
    }
    return begins(L"\\\\") ? L"\\\\?\\UNC\\" + absolute.substr(2) : L"\\\\?\\" + absolute;
}

/*
 * The commonest errors in English words. The system's own are in the user's language, which nobody can search the web for, and
 * have places for inserts ("%1 is not a valid Win32 application").
 */
const char *ownErrorText(int32_t error) noexcept {
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
        return "There is no such file";
    case ERROR_PATH_NOT_FOUND:
        return "There is no such folder";
    case ERROR_ACCESS_DENIED:
        return "Access is denied";
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
        return "Another program has it open";
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return "The disk is full";
    case ERROR_INVALID_NAME:
        return "A file can't have that name";
    case ERROR_MOD_NOT_FOUND:
        return "It, or a library that it needs, was not found";
    case ERROR_PROC_NOT_FOUND:
        return "A library that it needs lacks a function that it calls";
    case ERROR_FILENAME_EXCED_RANGE:
        return "The path is too long";
    case ERROR_BAD_EXE_FORMAT:
        return "It is damaged, or no library for 64-bit Windows on x86";
    case ERROR_DLL_INIT_FAILED:
        return "It could not start up";
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return "There is not enough memory";
    case ERROR_COMMITMENT_LIMIT:
        return "There is not enough memory; the paging file is too small";
    default:
        return nullptr;
    }
}

uint64_t joined(DWORD high, DWORD low) noexcept { return uint64_t{high} << 32 | low; }

int64_t nanosecondsSince1970(const FILETIME &time) noexcept {
    constexpr int64_t ticksTo1970 = 116444736000000000; /* of 100 ns, from 1601 */
    return (static_cast<int64_t>(joined(time.dwHighDateTime, time.dwLowDateTime)) - ticksTo1970) * 100;
}

int32_t lastSystemError() noexcept { return static_cast<int32_t>(::GetLastError()); }

} // namespace

std::string systemErrorText(int32_t error) {
    const std::string number = "(error " + std::to_string(error) + ")";
    if (const char *own = ownErrorText(error)) {
        return own + (" " + number);
    }
    wchar_t buffer[512];
    constexpr DWORD english = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    DWORD length = ::FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr,
                                    static_cast<DWORD>(error), english, buffer, 512, nullptr);
    while (length > 0 && (buffer[length - 1] == L'\n' || buffer[length - 1] == L'\r' || buffer[length - 1] == L'.' ||
                          buffer[length - 1] == L' ')) {
        length -= 1;
    }
    std::string text = toUtf8(buffer, length);
    for (size_t at = text.find("%1"); at != std::string::npos; at = text.find("%1", at)) {
        text.replace(at, 2, "it");
    }
    return text.empty() ? "Windows reports error " + std::to_string(error) : text + " " + number;
}

/* ---- threads ---- */

struct Thread::State {
    uintptr_t thread = 0;
    std::function<void()> body;

    static unsigned __stdcall main(void *argument) noexcept {
        static_cast<State *>(argument)->body();
        return 0;
    }
};

Thread::Thread() = default;
Thread::~Thread() = default;

void Thread::start(const char *, std::function<void()> body) {
    auto state = std::make_unique<State>();
    state->body = std::move(body);
    state->thread = ::_beginthreadex(nullptr, static_cast<unsigned>(stackBytes), &State::main, state.get(),
                                     STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
    if (state->thread == 0) {
        /* A function of the C library: it tells errno, and GetLastError() is of something else. */
        throw Failure(ES_OUT_OF_MEMORY, "Cannot start a thread: the C library reports errno " + std::to_string(errno) + ".");
    }
    mState = std::move(state);
}

bool Thread::isRunning() const noexcept { return mState != nullptr; }

void Thread::join() noexcept {
    if (mState) {
        const auto thread = reinterpret_cast<HANDLE>(mState->thread);
        ::WaitForSingleObject(thread, INFINITE);
        ::CloseHandle(thread);
        mState.reset();
    }
}

/* ---- shared libraries ---- */

SharedLibrary::~SharedLibrary() {
    if (mHandle != nullptr && !mKeepOpen) {
        ::FreeLibrary(static_cast<HMODULE>(mHandle));
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
    /* What it needs is looked for beside it and in the system's folders, never in the current folder or PATH. */
    HMODULE handle = ::LoadLibraryExW(filePath(path).c_str(), nullptr,
                                      LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (handle == nullptr) {
        why = systemErrorText(lastSystemError());
    }
    return SharedLibrary(handle);
}

SharedLibrary SharedLibrary::openSystem(const char *name, std::string &why) {
    HMODULE handle = ::LoadLibraryExW(toWide(name).c_str(), nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (handle == nullptr) {
        why = std::string(name) + ": " + systemErrorText(lastSystemError());
    }
    return SharedLibrary(handle);
}

SharedLibrary openDriverLibrary(const char *name, std::string &why) {
    SharedLibrary library = SharedLibrary::openSystem(name, why);
    if (library) {
        return library;
    }
    std::string otherwise;
    std::wstring system(MAX_PATH, L'\0');
    system.resize(::GetSystemDirectoryW(system.data(), MAX_PATH));
    const std::wstring store = system + L"\\DriverStore\\FileRepository\\";
    /* Each installed version of the driver has a folder there; the one in use is the newest. */
    std::wstring newest;
    FILETIME newestTime{};
    WIN32_FIND_DATAW entry{};
    HANDLE search = ::FindFirstFileW((store + L"nv*").c_str(), &entry);
    for (BOOL more = search != INVALID_HANDLE_VALUE; more != 0; more = ::FindNextFileW(search, &entry)) {
        const std::wstring file = store + entry.cFileName + L"\\" + toWide(name);
        WIN32_FILE_ATTRIBUTE_DATA facts{};
        if (::GetFileAttributesExW(file.c_str(), GetFileExInfoStandard, &facts) != 0 &&
            (newest.empty() || ::CompareFileTime(&entry.ftCreationTime, &newestTime) > 0)) {
            newest = file;
            newestTime = entry.ftCreationTime;
        }
    }
    if (search != INVALID_HANDLE_VALUE) {
        ::FindClose(search);
    }
    if (!newest.empty()) {
        library = SharedLibrary::openFile(toUtf8(newest.data(), newest.size()), otherwise);
    }
    if (!library) {
        /* Where drivers before 2019 put NVML. */
        std::wstring programs(32768, L'\0');
        programs.resize(::GetEnvironmentVariableW(L"ProgramW6432", programs.data(), static_cast<DWORD>(programs.size())));
        if (!programs.empty()) {
            const std::string folder = toUtf8(programs.data(), programs.size());
            library = SharedLibrary::openFile(folder + "\\NVIDIA Corporation\\NVSMI\\" + name, otherwise);
        }
    }
    return library;
}

bool isPlainPath(const std::string &path) {
    const std::wstring absolute = absolutePath(toWide(path));
    return absolute.size() < MAX_PATH && std::all_of(absolute.begin(), absolute.end(), [](wchar_t c) { return c < 0x80; });
}

void *SharedLibrary::symbol(const char *name) const noexcept {
    if (mHandle == nullptr) {
        return nullptr;
    }
    const FARPROC address = ::GetProcAddress(static_cast<HMODULE>(mHandle), name);
    return reinterpret_cast<void *>(reinterpret_cast<uintptr_t>(address));
}

/* The loader checks the sections against the file's size itself. */
std::string describeTruncatedLibrary(const std::string &) { return {}; }

/* Windows counts private bytes, which clean pages of a library are not. */
void dropUnusedPages() noexcept {}

/* By hand, because a program that links the Restart Manager loads it at start. */
std::string programsUsing(const std::string &path) {
    std::string why;
    const SharedLibrary manager = SharedLibrary::openSystem("rstrtmgr.dll", why);
    const auto start = manager.function<decltype(&::RmStartSession)>("RmStartSession");
    const auto add = manager.function<decltype(&::RmRegisterResources)>("RmRegisterResources");
    const auto list = manager.function<decltype(&::RmGetList)>("RmGetList");
    const auto end = manager.function<decltype(&::RmEndSession)>("RmEndSession");
    if (start == nullptr || add == nullptr || list == nullptr || end == nullptr) {
        return {};
    }
    DWORD session = 0;
    wchar_t key[CCH_RM_SESSION_KEY + 1] = {};
    if (start(&session, 0, key) != ERROR_SUCCESS) {
        return {};
    }
    const std::wstring file = absolutePath(toWide(path));
    LPCWSTR files[] = {file.c_str()};
    std::string names;
    /* More programs than these are not worth a sentence; with ERROR_MORE_DATA nothing is filled. */
    std::vector<RM_PROCESS_INFO> users(32);
    UINT needed = 0;
    UINT count = static_cast<UINT>(users.size());
    DWORD reasons = 0;
    if (add(session, 1, files, 0, nullptr, 0, nullptr) == ERROR_SUCCESS &&
        list(session, &needed, &count, users.data(), &reasons) == ERROR_SUCCESS) {
        for (UINT i = 0; i < std::min<UINT>(count, 8); i++) {
            const std::string name = toUtf8(users[i].strAppName, ::wcsnlen(users[i].strAppName, CCH_RM_MAX_APP_NAME));
            names += (names.empty() ? "" : ", ") + name + " (process " + std::to_string(users[i].Process.dwProcessId) + ")";
        }
    }
    end(session);
    return names;
}

std::string resolvedPath(const std::string &path) {
    const Handle file(::CreateFileW(filePath(path).c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
    if (!file.isValid()) {
        return path;
    }
    std::vector<wchar_t> buffer(32768);
    const DWORD length =
        ::GetFinalPathNameByHandleW(file.get(), buffer.data(), static_cast<DWORD>(buffer.size()), FILE_NAME_NORMALIZED);
    if (length == 0 || length >= buffer.size()) {
        return path;
    }
    std::wstring resolved(buffer.data(), length);
    if (resolved.compare(0, 8, L"\\\\?\\UNC\\") == 0) {
        resolved = L"\\\\" + resolved.substr(8);
    } else if (resolved.compare(0, 4, L"\\\\?\\") == 0) {
        resolved = resolved.substr(4);
    }
    return toUtf8(resolved.data(), resolved.size());
}

std::string directoryOf(const std::string &path) {
    const size_t slash = path.find_last_of("/\\");
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

/* ---- reading ---- */

FileHead readFileHead(const char *path, uint8_t *buffer, uint32_t capacity) noexcept {
    FileHead head;
    try {
        /* BACKUP_SEMANTICS: a folder can be opened too, so that it is told from a missing file. */
        const Handle file(::CreateFileW(filePath(path).c_str(), GENERIC_READ,
                                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                        FILE_FLAG_BACKUP_SEMANTICS, nullptr));
        if (!file.isValid()) {
            head.systemError = lastSystemError();
            return head;
        }
        if (::GetFileType(file.get()) != FILE_TYPE_DISK) {
            head.type = ES_FILE_OTHER;
            return head;
        }
        BY_HANDLE_FILE_INFORMATION facts{};
        if (::GetFileInformationByHandle(file.get(), &facts) == 0) {
            head.systemError = lastSystemError();
            return head;
        }
        head.modifiedNs = nanosecondsSince1970(facts.ftLastWriteTime);
        if ((facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
            head.type = ES_FILE_DIRECTORY;
            return head;
        }
        head.type = ES_FILE_REGULAR;
        head.size = joined(facts.nFileSizeHigh, facts.nFileSizeLow);
        DWORD done = 0;
        while (done < capacity) {
            DWORD got = 0;
            if (::ReadFile(file.get(), buffer + done, capacity - done, &got, nullptr) == 0) {
                head.systemError = lastSystemError();
                return head;
            }
            if (got == 0) {
                break;
            }
            done += got;
        }
        head.length = done;
    } catch (...) {
        head.systemError = ERROR_NOT_ENOUGH_MEMORY;
    }
    return head;
}

InputFile::InputFile(std::string path, const char *what) : mPath(std::move(path)) {
    const auto refuse = [&](const std::string &why) {
        return Failure(ES_FILE_ERROR, std::string("Cannot read the ") + what + " " + mPath + ": " + why + ".");
    };
    HANDLE handle = ::CreateFileW(filePath(mPath).c_str(), GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                  FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_SEQUENTIAL_SCAN, nullptr);
    if (handle == INVALID_HANDLE_VALUE) {
        throw refuse(systemErrorText(lastSystemError()));
    }
    std::string why;
    BY_HANDLE_FILE_INFORMATION facts{};
    if (::GetFileType(handle) != FILE_TYPE_DISK) {
        why = "it is not a regular file";
    } else if (::GetFileInformationByHandle(handle, &facts) == 0) {
        why = systemErrorText(lastSystemError());
    } else if ((facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        why = "it is a folder";
    }
    if (!why.empty()) {
        ::CloseHandle(handle);
        throw refuse(why);
    }
    mHandle = reinterpret_cast<intptr_t>(handle);
    mSize = joined(facts.nFileSizeHigh, facts.nFileSizeLow);
}

InputFile::~InputFile() {
    if (mHandle != -1) {
        ::CloseHandle(reinterpret_cast<HANDLE>(mHandle));
    }
}

int64_t InputFile::read(void *buffer, size_t size, uint64_t offset, int32_t &systemError) const noexcept {
    size_t done = 0;
    while (done < size) {
        constexpr size_t most = 1u << 30;
        const uint64_t at = offset + done;
        OVERLAPPED place{};
        place.Offset = static_cast<DWORD>(at & 0xffffffffu);
        place.OffsetHigh = static_cast<DWORD>(at >> 32);
        DWORD got = 0;
        if (::ReadFile(reinterpret_cast<HANDLE>(mHandle), static_cast<char *>(buffer) + done,
                       static_cast<DWORD>(std::min(size - done, most)), &got, &place) == 0) {
            systemError = lastSystemError();
            if (systemError == ERROR_HANDLE_EOF) {
                break;
            }
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += got;
    }
    return static_cast<int64_t>(done);
}

/* The system's cache counts for nobody there and needs no telling. */
void InputFile::forget(uint64_t, uint64_t) const noexcept {}

/* ---- writing ---- */

int32_t replaceFile(const std::string &from, const std::string &to) noexcept {
    try {
        return ::MoveFileExW(filePath(from).c_str(), filePath(to).c_str(),
                             MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0
                   ? 0
                   : lastSystemError();
    } catch (...) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
}

void removeFile(const std::string &path) noexcept {
    try {
        ::DeleteFileW(filePath(path).c_str());
    } catch (...) {
        /* it stays */
    }
}

std::string joinPath(const std::string &folder, const std::string &name) {
    return folder.empty() || folder.back() == '\\' || folder.back() == '/' ? folder + name : folder + "\\" + name;
}

NewFile::NewFile(std::string path) : mPath(std::move(path)) {
    /* Nobody else may write or move it meanwhile; DELETE is for removing it through the handle. */
    HANDLE handle = ::CreateFileW(filePath(mPath).c_str(), GENERIC_WRITE | DELETE, FILE_SHARE_READ, nullptr, CREATE_NEW,
                                  FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE) {
        throw Failure(ES_FILE_ERROR, "Cannot create " + mPath + ": " + systemErrorText(lastSystemError()) + ".");
    }
    mHandle = reinterpret_cast<intptr_t>(handle);
}

NewFile::~NewFile() {
    if (!mKept && mHandle != -1) {
        FILE_DISPOSITION_INFO remove{};
        remove.DeleteFile = TRUE;
        ::SetFileInformationByHandle(reinterpret_cast<HANDLE>(mHandle), FileDispositionInfo, &remove, sizeof(remove));
    }
    close();
}

int32_t NewFile::write(const void *bytes, size_t size) noexcept {
    const auto *from = static_cast<const char *>(bytes);
    while (size > 0) {
        constexpr size_t most = 1u << 30;
        DWORD put = 0;
        if (::WriteFile(reinterpret_cast<HANDLE>(mHandle), from, static_cast<DWORD>(std::min(size, most)), &put,
                        nullptr) == 0) {
            return lastSystemError();
        }
        from += put;
        size -= put;
    }
    return 0;
}

void NewFile::keep() {
    if (::FlushFileBuffers(reinterpret_cast<HANDLE>(mHandle)) == 0) {
        throw Failure(ES_FILE_ERROR, "Cannot write " + mPath + ": " + systemErrorText(lastSystemError()) + ".");
    }
    mKept = true;
    close();
}

/* While the handle is open without FILE_SHARE_DELETE, nobody can move or remove the file. */
bool NewFile::isStillAtPath() const noexcept { return true; }

void NewFile::close() noexcept {
    if (mHandle != -1) {
        ::CloseHandle(reinterpret_cast<HANDLE>(mHandle));
        mHandle = -1;
    }
}

} // namespace engine_shim
