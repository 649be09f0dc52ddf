/*
 * shimTest.cpp - one shim against the real library of its version.
 *
 *   shim_test_1_7 LIBRARY OTHER_LIBRARY [PART_OF_A_NAME]
 *
 * LIBRARY is of the shim's own version, OTHER_LIBRARY of another one; both lie in FULL_VERSION/tensorrt_rtx_libs/.
 */
#include "runClient.h"
#include "sampleModel.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern "C" uint32_t sizeInC(int which);

namespace {

constexpr int32_t invalid = 2; /* EngineValidity::kINVALID */
constexpr uint64_t versionMismatch = 1;
constexpr uint64_t malformedEngine = 32;

/* From the command line. */
std::string ownLibrary;
std::string otherLibrary;

/* "1.7.1.116" of ".../1.7.1.116/tensorrt_rtx_libs/libtensorrt_rtx.so.1" */
std::string fullVersionOf(const std::string &library) {
    const size_t end = library.rfind('/', library.rfind('/') - 1);
    const size_t start = library.rfind('/', end - 1) + 1;
    return library.substr(start, end - start);
}

/* "1.7" */
std::string ownVersion() { return fullVersionOf(ownLibrary).substr(0, 3); }

/* A folder that goes away with what is in it. */
class Folder {
public:
    Folder() {
        std::string name = "/tmp/engine-shim-test-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("mkdtemp failed");
        }
        mPath = name;
    }
    ~Folder() {
        const std::string command = "rm -rf '" + mPath + "'";
        if (std::system(command.c_str()) != 0) {
            std::perror(command.c_str());
        }
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    std::string operator/(const std::string &name) const { return mPath + "/" + name; }

    std::string write(const std::string &name, const std::string &bytes) const {
        std::ofstream(*this / name, std::ios::binary) << bytes;
        return *this / name;
    }

private:
    std::string mPath;
};

std::string readFile(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool exists(const std::string &path) {
    struct stat facts {};
    return lstat(path.c_str(), &facts) == 0;
}

/* One session with the library loaded, shared by the tests that only ask. */
Client &loadedClient() {
    static const auto client = [] {
        auto made = std::make_unique<Client>();
        const Done done = made->load(ownLibrary);
        if (done.status != ES_OK) {
            throw std::runtime_error(done.sentence);
        }
        return made;
    }();
    return *client;
}

es_driver_record driver() {
    static const es_driver_record record = [] {
        uint64_t job = 0;
        Client::require(es_submit_gpus(loadedClient().get(), &job));
        return loadedClient().wait(job).as<es_driver_record>();
    }();
    return record;
}

std::string ownHeader() {
    std::string header(64, '\0');
    header.replace(0, 4, "vtrt");
    header[8] = 2;
    header[16] = 64;
    int version[4] = {};
    std::sscanf(fullVersionOf(ownLibrary).c_str(), "%d.%d.%d.%d", &version[0], &version[1], &version[2], &version[3]);
    for (size_t i = 0; i < 4; ++i) {
        header[24 + i] = static_cast<char>(version[i]);
    }
    header.replace(28, 4, "vtrt");
    header[32] = 0x7e;
    return header;
}

class Build {
public:
    Build(const std::string &model, const std::string &output) {
        Client::require(es_build_create(&mBuild));
        Client::require(es_build_set_model(mBuild, model.c_str()));
        Client::require(es_build_set_output(mBuild, output.c_str()));
    }
    ~Build() { es_build_destroy(mBuild); }
    Build(const Build &) = delete;
    Build &operator=(const Build &) = delete;

    es_build *get() const { return mBuild; }
    Build &flag(const char *name) {
        Client::require(es_build_add_flag(mBuild, name));
        return *this;
    }
    Build &withoutFlag(const char *name) {
        Client::require(es_build_clear_flag(mBuild, name));
        return *this;
    }
    Build &target(int32_t computeCapability) {
        Client::require(es_build_add_compute_capability(mBuild, computeCapability));
        return *this;
    }
    Build &shape(const char *input, const std::vector<int64_t> &min, const std::vector<int64_t> &opt,
                 const std::vector<int64_t> &max) {
        Client::require(es_build_add_profile_shape(mBuild, 0, input, min.data(), opt.data(), max.data(),
                                                   static_cast<uint32_t>(min.size())));
        return *this;
    }
    /* Of the sample model. */
    Build &batches() { return shape("x", {1, 3, 16, 16}, {2, 3, 16, 16}, {4, 3, 16, 16}); }

    uint64_t submit() const {
        uint64_t job = 0;
        Client::require(es_submit_build(loadedClient().get(), mBuild, &job));
        return job;
    }
    Done run() const { return loadedClient().wait(submit()); }

private:
    es_build *mBuild = nullptr;
};

void checkFails(const Done &done, es_status status, const std::string &part, const std::string &output) {
    CHECK_EQUAL(done.status, status);
    CHECK_CONTAINS(done.sentence, part);
    CHECK(done.result.empty());
    CHECK(!exists(output));
}

std::string sha256Of(const std::string &path) {
    const std::string command = "sha256sum '" + path + "'";
    FILE *pipe = popen(command.c_str(), "r");
    char text[65] = "";
    const bool read = pipe != nullptr && std::fgets(text, sizeof(text), pipe) != nullptr;
    if (pipe != nullptr) {
        pclose(pipe);
    }
    return read ? text : "";
}

std::string hex(const uint8_t *bytes, size_t size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) {
        char digits[3];
        std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned int>(bytes[i]));
        text += digits;
    }
    return text;
}

/* Any shared library of the system that is not TensorRT. */
std::string mathLibrary() {
    void *handle = dlopen("libm.so.6", RTLD_NOW);
    struct link_map *map = nullptr;
    CHECK(handle != nullptr && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0);
    return map->l_name;
}

} // namespace

/* ---- the interface ---- */

TEST("the ABI number and the version are what was compiled") {
    CHECK_EQUAL(es_abi_version(), ENGINE_SHIM_ABI);
    CHECK_EQUAL(std::string(es_tensorrt_rtx_version()), ownVersion());
}

TEST("the structs have the same sizes in C") {
    CHECK_EQUAL(sizeInC(0), 48U);
    CHECK_EQUAL(sizeInC(1), static_cast<uint32_t>(ES_CHECK_RECORD_SIZE));
    CHECK_EQUAL(sizeInC(2), sizeof(es_library_info));
    CHECK_EQUAL(sizeInC(3), sizeof(es_driver_record));
    CHECK_EQUAL(sizeInC(4), sizeof(es_gpu_record));
    CHECK_EQUAL(sizeInC(5), sizeof(es_build_result));
}

TEST("missing arguments are refused with a sentence") {
    uint64_t job = 0;
    uint32_t count = 0;
    CHECK_EQUAL(es_session_create(nullptr), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_submit_load(nullptr, "x", &job), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "no session");
    CHECK_EQUAL(es_poll(nullptr, nullptr, 0, &count, nullptr, 0), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_build_set_model(nullptr, "x"), ES_INVALID_ARGUMENT);
    es_session_destroy(nullptr);
    es_build_destroy(nullptr);
    Client client;
    CHECK_EQUAL(es_submit_load(client.get(), nullptr, &job), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_submit_load(client.get(), "", &job), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_submit_load(client.get(), "x", nullptr), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_submit_check_files(client.get(), "abc", 3, 1, &job), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "NUL");
    CHECK_EQUAL(es_submit_check_files(client.get(), "abc\0def", 8, 1, &job), ES_INVALID_ARGUMENT);
    const uint32_t tooLong = 65;
    const uint8_t header[64] = {};
    CHECK_EQUAL(es_submit_check_headers(client.get(), header, 64, &tooLong, 1, &job), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_session_set_log_severity(client.get(), 5), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(job, 0U);
}

TEST("the last error is cut to the buffer and always ends") {
    CHECK_EQUAL(es_session_create(nullptr), ES_INVALID_ARGUMENT);
    char small[8];
    std::memset(small, 'x', sizeof(small));
    const uint64_t needed = es_last_error(small, sizeof(small));
    CHECK(needed > sizeof(small));
    CHECK_EQUAL(std::string(small), "es_sess");
}

TEST("who has a file open is a text, empty where nobody says") {
    char text[16] = "untouched";
    CHECK_EQUAL(es_file_users(nullptr, text, sizeof(text)), 1U);
    CHECK_EQUAL(std::string(text), "");
    CHECK(es_file_users("/nonexistent", nullptr, 0) >= 1U);
}

TEST("an unknown job is told from a running and a finished one") {
    Client client;
    uint64_t needed = 0;
    CHECK_EQUAL(es_job_result(client.get(), 99, nullptr, 0, &needed), ES_NO_SUCH_JOB);
    CHECK_EQUAL(es_job_cancel(client.get(), 99), ES_NO_SUCH_JOB);
    const std::vector<std::string> many(200000, "/nonexistent");
    const uint64_t job = client.submitCheckFiles(many);
    CHECK_EQUAL(es_job_result(client.get(), job, nullptr, 0, &needed), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "not done");
    CHECK_EQUAL(client.wait(job).status, ES_OK);
    CHECK_EQUAL(es_job_result(client.get(), job, nullptr, 0, &needed), ES_NO_SUCH_JOB);
}

TEST("one waits for a short job instead of asking again and again") {
    Client client;
    int32_t done = -1;
    CHECK_EQUAL(es_job_wait(client.get(), 99, 10, &done), ES_NO_SUCH_JOB);
    const uint64_t slow = client.submitCheckFiles(std::vector<std::string>(300000, "/nonexistent"));
    const uint64_t waiting = client.submitCheckFiles({"/nonexistent"});
    const auto start = std::chrono::steady_clock::now();
    CHECK_EQUAL(es_job_wait(client.get(), waiting, 20, &done), ES_OK);
    const auto waited = std::chrono::steady_clock::now() - start;
    CHECK_EQUAL(done, 0);
    CHECK(waited >= std::chrono::milliseconds(15));
    CHECK_EQUAL(es_job_cancel(client.get(), slow), ES_OK);
    for (int i = 0; i < 60 && done == 0; ++i) {
        CHECK_EQUAL(es_job_wait(client.get(), waiting, 1000, &done), ES_OK);
    }
    CHECK_EQUAL(done, 1);
    CHECK_EQUAL(client.wait(waiting).status, ES_OK);
    CHECK_EQUAL(es_job_wait(client.get(), waiting, 1001, &done), ES_INVALID_ARGUMENT);
}

TEST("a result stays when the buffer is too small") {
    Client client;
    const uint64_t job = client.submitCheckFiles({"/nonexistent"});
    es_event event{};
    uint32_t count = 0;
    while (count == 0) {
        Client::require(es_poll(client.get(), &event, 1, &count, nullptr, 0));
    }
    CHECK_EQUAL(event.kind, static_cast<uint32_t>(ES_EVENT_DONE));
    std::vector<uint8_t> buffer(ES_CHECK_RECORD_SIZE, 0xaa);
    uint64_t needed = 0;
    CHECK_EQUAL(es_job_result(client.get(), job, buffer.data(), buffer.size() - 1, &needed), ES_BUFFER_TOO_SMALL);
    CHECK_EQUAL(needed, buffer.size());
    CHECK_EQUAL(static_cast<int>(buffer[0]), 0xaa);
    CHECK_EQUAL(es_job_result(client.get(), job, buffer.data(), buffer.size(), &needed), ES_OK);
    CHECK_EQUAL(static_cast<int>(buffer[0]), 0);
}

TEST("sessions are made and destroyed while jobs run") {
    for (int i = 0; i < 20; ++i) {
        Client client;
        uint64_t job = 0;
        client.submitCheckFiles(std::vector<std::string>(20000, "/nonexistent"));
        Client::require(es_submit_load(client.get(), ownLibrary.c_str(), &job));
        client.submitCheckFiles({"/nonexistent"});
    }
}

/* ---- loading ---- */

TEST("the library of the shim's version is loaded and described") {
    Client client;
    const Done done = client.load(ownLibrary);
    CHECK_EQUAL(done.sentence, "");
    CHECK_EQUAL(done.status, ES_OK);
    const auto info = done.as<es_library_info>();
    CHECK_EQUAL(std::to_string(info.major) + "." + std::to_string(info.minor) + "." + std::to_string(info.patch) + "." +
                    std::to_string(info.build),
                fullVersionOf(ownLibrary));
    CHECK_EQUAL(info.header_size, 64);
    const bool gpuCanBeRead = driver().gpu_count > 0;
    CHECK_EQUAL(info.cuda_runtime != 0, gpuCanBeRead);
    CHECK(!gpuCanBeRead || (info.cuda_runtime >= 12000 && info.cuda_runtime < 20000));
}

TEST("a session loads one library, and may try again after a failure") {
    Client client;
    CHECK_EQUAL(client.load("/nonexistent/libtensorrt_rtx.so.1").status, ES_LIBRARY_NOT_LOADED);
    CHECK_EQUAL(client.load(ownLibrary).status, ES_OK);
    const Done again = client.load(ownLibrary);
    CHECK_EQUAL(again.status, ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(again.sentence, ownLibrary);
}

TEST("a library of another version is described but not used") {
    Client client;
    const Done done = client.load(otherLibrary);
    CHECK_EQUAL(done.status, ES_UNSUPPORTED_VERSION);
    const auto info = done.as<es_library_info>();
    CHECK_EQUAL(info.major, 1);
    CHECK_CONTAINS(otherLibrary, "/1." + std::to_string(info.minor) + ".");
    CHECK(info.build > 0);
    CHECK_CONTAINS(done.sentence, ownVersion());
    CHECK_EQUAL(client.load(ownLibrary).status, ES_OK);
}

TEST("a missing library") {
    Client client;
    const Done done = client.load("/nonexistent/libtensorrt_rtx.so.1");
    CHECK_EQUAL(done.status, ES_LIBRARY_NOT_LOADED);
    CHECK_CONTAINS(done.sentence, "/nonexistent/libtensorrt_rtx.so.1");
    CHECK_CONTAINS(done.sentence, "No such file");
}

TEST("a file that is no library, an empty one, a folder") {
    const Folder folder;
    Client client;
    for (const std::string &path :
         {folder.write("text.so", "not a library\n"), folder.write("empty.so", ""), folder / ""}) {
        const Done done = client.load(path);
        CHECK_EQUAL(done.status, ES_LIBRARY_NOT_LOADED);
        CHECK_CONTAINS(done.sentence, path);
    }
}

TEST("a library that was cut short is refused before the loader maps it") {
    const Folder folder;
    const std::string whole = readFile(ownLibrary);
    Client client;
    for (const size_t size : {size_t{100}, size_t{4096}, size_t{1} << 20, whole.size() / 2}) {
        const Done done = client.load(folder.write("libtensorrt_rtx.so.1", whole.substr(0, size)));
        CHECK_EQUAL(done.status, ES_LIBRARY_NOT_LOADED);
        CHECK_CONTAINS(done.sentence, size < 4096 ? "Cannot load" : "cut short");
    }
}

TEST("a library that is not TensorRT-RTX") {
    Client client;
    const Done done = client.load(mathLibrary());
    CHECK_EQUAL(done.status, ES_NOT_TENSORRT_RTX);
    CHECK_CONTAINS(done.sentence, mathLibrary());
    CHECK_CONTAINS(done.sentence, "getInferLibMajorVersion");
}

/* ---- headers ---- */

TEST("fewer than 64 bytes and foreign tags are malformed") {
    std::vector<uint8_t> headers;
    std::vector<uint32_t> lengths;
    const auto add = [&](const std::string &bytes) {
        std::string padded = bytes;
        padded.resize(64, '\x5a');
        headers.insert(headers.end(), padded.begin(), padded.end());
        lengths.push_back(static_cast<uint32_t>(bytes.size()));
    };
    const std::string own = ownHeader();
    for (const size_t length : {0, 1, 4, 32, 63}) {
        add(own.substr(0, length));
    }
    for (const char *tag : {"ftrt", "ptrt", "TR01", "PK\x03\x04"}) {
        add(std::string(tag) + own.substr(4));
    }
    add(std::string(64, '\0'));
    const std::vector<Verdict> verdicts = loadedClient().checkHeaders(headers, 64, lengths);
    for (const Verdict &verdict : verdicts) {
        CHECK_EQUAL(verdict.record.validity, invalid);
        CHECK_EQUAL(verdict.record.diagnostics, malformedEngine);
    }
    CHECK_EQUAL(verdicts[1].record.header_length, 1U);
    CHECK_EQUAL(static_cast<int>(verdicts[1].record.header[1]), 0);
}

TEST("a good header gets the runtime's answer and its line") {
    const std::string own = ownHeader();
    std::string older = own;
    older[25] = 1;
    std::vector<uint8_t> headers(own.begin(), own.end());
    headers.insert(headers.end(), own.begin(), own.end());
    headers.insert(headers.end(), older.begin(), older.end());
    const std::vector<Verdict> verdicts = loadedClient().checkHeaders(headers, 64, {64, 64, 64});
    CHECK_EQUAL(std::memcmp(verdicts[0].record.header, own.data(), 64), 0);
    if (driver().gpu_count == 0) {
        for (const Verdict &verdict : verdicts) {
            CHECK_EQUAL(verdict.record.validity, invalid);
            CHECK_EQUAL(verdict.record.diagnostics, 0U);
            CHECK_EQUAL(verdict.lines.back()[0], '0');
            CHECK_CONTAINS(verdict.lines.back(), "Error reading CUDA GPU properties");
        }
        CHECK_EQUAL(verdicts[0].lines.size(), 1U);
        /* The same text is stored once. */
        CHECK_EQUAL(verdicts[0].record.lines_offset, verdicts[1].record.lines_offset);
        /* The version is compared before the GPU is looked at. */
        CHECK_EQUAL(verdicts[2].lines.size(), 2U);
        CHECK_CONTAINS(verdicts[2].lines[0], "version");
    } else {
        CHECK_EQUAL(verdicts[0].record.diagnostics & versionMismatch, 0U);
        CHECK_EQUAL(verdicts[2].record.diagnostics & versionMismatch, versionMismatch);
    }
}

TEST("no headers at all are an empty answer") {
    CHECK(loadedClient().checkHeaders({}, 64, {}).empty());
    CHECK(loadedClient().checkFiles({}).empty());
}

/* ---- files ---- */

TEST("without a library files are read but not judged") {
    const Folder folder;
    Client client;
    const std::vector<Verdict> verdicts = client.checkFiles({folder.write("own.engine", ownHeader() + "body")});
    CHECK_EQUAL(verdicts[0].record.validity, -1);
    CHECK_EQUAL(verdicts[0].record.header_length, 64U);
    CHECK_EQUAL(verdicts[0].record.file_size, 68U);
    CHECK_EQUAL(std::memcmp(verdicts[0].record.header, "vtrt", 4), 0);
}

TEST("every kind of bad file is told apart") {
    const Folder folder;
    const std::string own = ownHeader();
    CHECK_EQUAL(mkfifo((folder / "pipe").c_str(), 0600), 0);
    CHECK_EQUAL(symlink((folder / "gone").c_str(), (folder / "broken").c_str()), 0);
    CHECK_EQUAL(symlink("loop", (folder / "loop").c_str()), 0);
    const std::string regular = folder.write("own.engine", own);
    CHECK_EQUAL(symlink(regular.c_str(), (folder / "link").c_str()), 0);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder / "socket").c_str(), sizeof(address.sun_path) - 1);
    CHECK_EQUAL(bind(listener, reinterpret_cast<struct sockaddr *>(&address), sizeof(address)), 0);
    close(listener);

    struct Expected {
        std::string path;
        es_file_type type;
        int error; /* -1: any */
        int32_t validity;
        uint32_t length;
    };
    const std::vector<Expected> expected = {
        {folder / "pipe", ES_FILE_OTHER, 0, -1, 0},
        {folder / "", ES_FILE_DIRECTORY, 0, -1, 0},
        {folder / "gone", ES_FILE_UNKNOWN, ENOENT, -1, 0},
        {folder / "broken", ES_FILE_UNKNOWN, ENOENT, -1, 0},
        {folder / "loop", ES_FILE_UNKNOWN, ELOOP, -1, 0},
        {regular + "/below", ES_FILE_UNKNOWN, ENOTDIR, -1, 0},
        {std::string(300, 'n'), ES_FILE_UNKNOWN, ENAMETOOLONG, -1, 0},
        {"", ES_FILE_UNKNOWN, ENOENT, -1, 0},
        {folder / "socket", ES_FILE_OTHER, -1, -1, 0},
        {"/dev/null", ES_FILE_OTHER, 0, -1, 0},
        {"/dev/zero", ES_FILE_OTHER, 0, -1, 0},
        {folder / "link", ES_FILE_REGULAR, 0, invalid, 64},
        {folder.write("empty.engine", ""), ES_FILE_REGULAR, 0, invalid, 0},
        {folder.write("short.engine", own.substr(0, 20)), ES_FILE_REGULAR, 0, invalid, 20},
        {folder.write("text.engine", std::string(1000, 'x')), ES_FILE_REGULAR, 0, invalid, 64},
        {folder.write("\xff\xfe\n.engine", own), ES_FILE_REGULAR, 0, invalid, 64},
    };
    std::vector<std::string> paths;
    for (const Expected &file : expected) {
        paths.push_back(file.path);
    }
    const std::vector<Verdict> verdicts = loadedClient().checkFiles(paths);
    for (size_t i = 0; i < expected.size(); ++i) {
        const es_check_record &record = verdicts[i].record;
        const bool same = record.file_type == static_cast<uint32_t>(expected[i].type) &&
                          (expected[i].error == -1 || record.system_error == expected[i].error) &&
                          (record.validity == expected[i].validity || driver().gpu_count > 0) &&
                          record.header_length == expected[i].length;
        if (!same) {
            harness::fail(__FILE__, __LINE__,
                          expected[i].path + ": type " + std::to_string(record.file_type) + ", error " +
                              std::to_string(record.system_error) + ", validity " + std::to_string(record.validity) +
                              ", bytes " + std::to_string(record.header_length));
        }
    }
}

TEST("a file that may not be read says so") {
    const Folder folder;
    const std::string path = folder.write("secret.engine", ownHeader());
    CHECK_EQUAL(chmod(path.c_str(), 0), 0);
    /* root may read everything: be somebody else meanwhile. */
    const uid_t before = geteuid();
    const bool changed = before == 0 && chmod((folder / "").c_str(), 0755) == 0 && seteuid(65534) == 0;
    std::vector<Verdict> verdicts;
    try {
        verdicts = loadedClient().checkFiles({path});
    } catch (...) {
        if (changed && seteuid(before) != 0) {
            std::abort();
        }
        throw;
    }
    if (changed && seteuid(before) != 0) {
        std::abort();
    }
    CHECK_EQUAL(verdicts[0].record.system_error, EACCES);
    CHECK_EQUAL(verdicts[0].record.file_type, static_cast<uint32_t>(ES_FILE_REGULAR));
    CHECK_EQUAL(verdicts[0].record.validity, -1);
}

TEST("a huge sparse file costs no more than its head") {
    const Folder folder;
    const std::string path = folder.write("huge.engine", ownHeader());
    const uint64_t size = uint64_t{20} << 30;
    CHECK_EQUAL(truncate(path.c_str(), static_cast<off_t>(size)), 0);
    const std::vector<Verdict> verdicts = loadedClient().checkFiles({path});
    CHECK_EQUAL(verdicts[0].record.file_size, size);
    CHECK_EQUAL(verdicts[0].record.header_length, 64U);
    CHECK(verdicts[0].record.validity >= 0);
}

TEST("the time of the last change is in nanoseconds") {
    const Folder folder;
    const std::string path = folder.write("own.engine", ownHeader());
    const struct timespec times[2] = {{1700000000, 123456789}, {1700000000, 123456789}};
    CHECK_EQUAL(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    CHECK_EQUAL(loadedClient().checkFiles({path})[0].record.modified_ns, 1700000000123456789);
}

TEST("10,000 files at once") {
    const Folder folder;
    std::vector<std::string> paths;
    for (int i = 0; i < 100; ++i) {
        paths.push_back(folder.write(std::to_string(i) + ".engine", ownHeader() + std::string(static_cast<size_t>(i), 'b')));
    }
    for (int i = 100; i < 10000; ++i) {
        paths.push_back(paths[static_cast<size_t>(i) % 100]);
    }
    const std::vector<Verdict> verdicts = loadedClient().checkFiles(paths);
    for (size_t i = 0; i < verdicts.size(); ++i) {
        CHECK_EQUAL(verdicts[i].record.file_size, 64 + i % 100);
        CHECK_EQUAL(verdicts[i].record.validity, verdicts[0].record.validity);
        CHECK_EQUAL(verdicts[i].record.diagnostics, verdicts[0].record.diagnostics);
        CHECK(!verdicts[i].lines.empty() || driver().gpu_count > 0);
    }
}

TEST("a check that waits can be cancelled, one that runs stops") {
    Client client;
    const std::vector<std::string> many(300000, "/nonexistent");
    const uint64_t first = client.submitCheckFiles(many);
    const uint64_t second = client.submitCheckFiles(many);
    CHECK_EQUAL(es_job_cancel(client.get(), second), ES_OK);
    const Done waited = client.wait(second);
    CHECK_EQUAL(waited.status, ES_CANCELLED);
    CHECK_CONTAINS(waited.sentence, "before it started");
    CHECK_EQUAL(es_job_cancel(client.get(), first), ES_OK);
    const Done ran = client.wait(first);
    CHECK_EQUAL(ran.status, ES_CANCELLED);
    CHECK(ran.result.empty());
}

/* Jobs of many and few files, good, bad and missing ones, no two alike. */
std::vector<std::vector<std::string>> mixedJobs(const Folder &folder) {
    std::vector<std::string> files = {folder / "missing.engine", folder / ".", folder.write("empty.engine", ""),
                                      folder.write("short.engine", ownHeader().substr(0, 40))};
    for (int i = 0; i < 100; ++i) {
        std::string header = ownHeader();
        header[24] = static_cast<char>(i % 4);
        files.push_back(folder.write(std::to_string(i) + ".engine", header + std::string(static_cast<size_t>(i), 'b')));
    }
    std::vector<std::vector<std::string>> jobs;
    size_t next = 0;
    for (const size_t count : {512U, 1U, 64U, 63U, 512U, 0U, 100U, 3000U, 2U, 512U, 20000U, 1U, 512U, 65U}) {
        std::vector<std::string> paths;
        for (size_t i = 0; i < count; ++i) {
            paths.push_back(files[next++ % files.size()]);
        }
        jobs.push_back(std::move(paths));
        next += 7;
    }
    return jobs;
}

TEST("jobs in a row are answered as each alone, cancelled ones leave the others as they are") {
    const Folder folder;
    const auto jobs = mixedJobs(folder);
    std::vector<std::vector<uint8_t>> alone;
    for (const auto &paths : jobs) {
        const Done done = loadedClient().wait(loadedClient().submitCheckFiles(paths));
        CHECK_EQUAL(done.status, ES_OK);
        alone.push_back(done.result);
    }
    /* Also while the library is being loaded. */
    for (const bool isLoading : {false, true}) {
        Client another;
        Client &client = isLoading ? another : loadedClient();
        uint64_t load = 0;
        if (isLoading) {
            Client::require(es_submit_load(client.get(), ownLibrary.c_str(), &load));
        }
        for (size_t cancelEvery = 2; cancelEvery < 5; ++cancelEvery) {
            std::vector<uint64_t> submitted;
            for (const auto &paths : jobs) {
                submitted.push_back(client.submitCheckFiles(paths));
            }
            for (size_t i = 0; i < jobs.size() && cancelEvery < 4; i += cancelEvery) {
                CHECK_EQUAL(es_job_cancel(client.get(), submitted[i]), ES_OK);
            }
            for (size_t i = 0; i < jobs.size(); ++i) {
                const Done done = client.wait(submitted[i]);
                if (cancelEvery < 4 && i % cancelEvery == 0) {
                    CHECK(done.status == ES_CANCELLED ? done.result.empty() : done.result == alone[i]);
                } else {
                    CHECK_EQUAL(done.sentence, "");
                    CHECK_EQUAL(done.status, ES_OK);
                    CHECK(done.result == alone[i]);
                }
            }
        }
    }
}

TEST("a session is destroyed with jobs of every size waiting and one running") {
    const Folder folder;
    const auto jobs = mixedJobs(folder);
    for (int i = 0; i < 30; ++i) {
        Client client;
        for (const auto &paths : jobs) {
            client.submitCheckFiles(paths);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(i));
    }
}

/* ---- GPUs ---- */

TEST("the GPUs, or why there are none") {
    uint64_t job = 0;
    Client client;
    Client::require(es_submit_gpus(client.get(), &job));
    const Done done = client.wait(job);
    CHECK_EQUAL(done.status, ES_OK);
    const auto record = done.as<es_driver_record>();
    CHECK_EQUAL(done.result.size(), sizeof(es_driver_record) + record.gpu_count * sizeof(es_gpu_record));
    CHECK_EQUAL(record.gpu_count == 0, record.message[0] != '\0');
    for (uint32_t i = 0; i < record.gpu_count; ++i) {
        es_gpu_record gpu;
        std::memcpy(&gpu, done.result.data() + sizeof(record) + i * sizeof(gpu), sizeof(gpu));
        CHECK(gpu.name[0] != '\0');
        CHECK(gpu.compute_capability_major >= 5);
        CHECK(gpu.total_memory > 0);
        CHECK(std::string(gpu.uuid).substr(0, 4) == "GPU-" || std::string(gpu.uuid).substr(0, 4) == "MIG-");
    }
}

TEST("GPU memory is looked at again and again, or why it cannot be") {
    Client client;
    for (int i = 0; i < 3; ++i) {
        uint64_t job = 0;
        Client::require(es_submit_gpu_poll(client.get(), ES_GPU_POLL_PROCESSES, nullptr, &job));
        const Done done = client.wait(job);
        CHECK_EQUAL(done.status, ES_OK);
        const auto record = done.as<es_gpu_poll_record>();
        CHECK_EQUAL(done.result.size(), sizeof(record) + record.gpu_count * sizeof(es_gpu_memory_record) +
                                            record.process_count * sizeof(es_gpu_process_record));
        CHECK(record.gpu_count > 0 || record.nvml_status != 0);
        CHECK((record.nvml_status == -1) == (record.message[0] != '\0'));
    }
    uint64_t job = 0;
    Client::require(es_submit_gpu_poll(client.get(), 0, mathLibrary().c_str(), &job));
    CHECK(client.wait(job).as<es_gpu_poll_record>().nvml_status != 0);
    CHECK_EQUAL(es_submit_gpu_poll(client.get(), 2, nullptr, &job), ES_INVALID_ARGUMENT);
}

/* ---- building ---- */

TEST("a model becomes an engine of this version") {
    const Folder folder;
    const std::string output = folder / "sample.engine";
    const Done done = Build(folder.write("sample.onnx", sample::model()), output).batches().run();
    CHECK_EQUAL(done.sentence, "");
    CHECK_EQUAL(done.status, ES_OK);
    const auto result = done.as<es_build_result>();
    const std::string engine = readFile(output);
    CHECK_EQUAL(result.engine_size, engine.size());
    CHECK_EQUAL(hex(result.sha256, sizeof(result.sha256)), sha256Of(output));
    CHECK(result.parse_ns > 0 && result.build_ns > 0);
    CHECK_EQUAL(engine.substr(0, 4), "vtrt");
    CHECK_EQUAL(std::to_string(engine[24]) + "." + std::to_string(engine[25]), ownVersion());

    /* Every phase begins below one that is open, and ends. */
    std::vector<int64_t> open;
    std::string names;
    for (const Event &entry : done.events) {
        if (entry.event.kind == ES_EVENT_PHASE_START) {
            CHECK(entry.event.b == -1 || std::count(open.begin(), open.end(), entry.event.b) == 1);
            open.push_back(entry.event.a);
            names += entry.text + "\n";
        } else if (entry.event.kind == ES_EVENT_PHASE_END || entry.event.kind == ES_EVENT_PHASE_STEP) {
            const auto found = std::find(open.begin(), open.end(), entry.event.a);
            CHECK(found != open.end());
            if (entry.event.kind == ES_EVENT_PHASE_END) {
                open.erase(found);
            }
        }
    }
    CHECK(open.empty());
    CHECK_CONTAINS(names, "Parsing the model");
    CHECK_CONTAINS(names, "Building engine");
    CHECK_CONTAINS(names, "Writing the engine");

    const Verdict verdict = loadedClient().checkFiles({output})[0];
    CHECK_EQUAL(verdict.record.diagnostics & (versionMismatch | malformedEngine), 0U);
}

TEST("chosen targets and weight streaming are in the header") {
    const Folder folder;
    const std::string model = folder.write("sample.onnx", sample::model());
    const std::string output = folder / "sample.engine";
    const Done done = Build(model, output).batches().target(75).target(89).flag("kWEIGHT_STREAMING").run();
    CHECK_EQUAL(done.sentence, "");
    const std::string engine = readFile(output);
    CHECK_EQUAL(static_cast<int>(engine.at(32)), 1 | 8);
    CHECK_EQUAL(engine.substr(56, 8), std::string(8, '\0'));
}

TEST("a static model needs no profile") {
    const Folder folder;
    sample::ModelOptions options;
    options.dynamicBatch = false;
    const std::string output = folder / "static.engine";
    const Done done = Build(folder.write("static.onnx", sample::model(options)), output).run();
    CHECK_EQUAL(done.sentence, "");
    CHECK(exists(output));
}

TEST("a flag that is on by default is switched off") {
    const Folder folder;
    sample::ModelOptions options;
    options.dynamicBatch = false;
    const std::string model = folder.write("static.onnx", sample::model(options));
    const std::string output = folder / "exact.engine";
    const Done done = Build(model, output).withoutFlag("kTF32").run();
    CHECK_EQUAL(done.sentence, "");
    CHECK(exists(output));
}

TEST("weights beside the model are found, and missed") {
    const Folder folder;
    sample::ModelOptions options;
    options.externalData = "weights.bin";
    const std::string model = folder.write("external.onnx", sample::model(options));
    const std::string output = folder / "external.engine";
    const Done without = Build(model, output).batches().run();
    checkFails(without, ES_MODEL_REJECTED, model, output);
    CHECK_CONTAINS(without.sentence + without.log(), "weights.bin");
    folder.write("weights.bin", sample::weights(options));
    const Done with = Build(model, output).batches().run();
    CHECK_EQUAL(with.sentence, "");
}

TEST("what is no ONNX model is refused, naming the file") {
    const Folder folder;
    const std::string output = folder / "x.engine";
    const std::string whole = sample::model();
    for (const std::string &model :
         {folder.write("cut.onnx", whole.substr(0, whole.size() / 2)), folder.write("text.onnx", "hello\nworld\n"),
          folder.write("zeros.onnx", std::string(4096, '\0')), folder.write("empty.onnx", "")}) {
        checkFails(Build(model, output).batches().run(), ES_MODEL_REJECTED, model, output);
    }
}

TEST("a model that cannot be read is a file error with its reason") {
    const Folder folder;
    const std::string output = folder / "x.engine";
    checkFails(Build(folder / "missing.onnx", output).run(), ES_FILE_ERROR, "No such file", output);
    checkFails(Build(folder / "", output).run(), ES_FILE_ERROR, "it is a folder", output);
    CHECK_EQUAL(mkfifo((folder / "pipe").c_str(), 0600), 0);
    checkFails(Build(folder / "pipe", output).run(), ES_FILE_ERROR, "not a regular file", output);
}

TEST("a model of 2 GiB is refused before it is read") {
    const Folder folder;
    const std::string output = folder / "x.engine";
    const std::string model = folder.write("large.onnx", "x");
    CHECK_EQUAL(truncate(model.c_str(), off_t{1} << 31), 0);
    checkFails(Build(model, output).run(), ES_MODEL_REJECTED, "external data", output);
}

TEST("an unknown operator is named with its node") {
    const Folder folder;
    sample::ModelOptions options;
    options.operatorType = "NoSuchOperator";
    const std::string output = folder / "x.engine";
    const Done done = Build(folder.write("unknown.onnx", sample::model(options)), output).batches().run();
    checkFails(done, ES_MODEL_REJECTED, "NoSuchOperator", output);
    CHECK_CONTAINS(done.sentence, "conv1");
    CHECK_CONTAINS(done.log(), "conv1");
}

TEST("profiles that do not fit the model are told before the build") {
    const Folder folder;
    const std::string model = folder.write("sample.onnx", sample::model());
    const std::string output = folder / "x.engine";
    checkFails(Build(model, output).run(), ES_INVALID_ARGUMENT, "\"x\" has the dynamic shape [-1, 3, 16, 16]", output);
    checkFails(Build(model, output).shape("z", {1}, {1}, {1}).run(), ES_INVALID_ARGUMENT, "no such input", output);
    checkFails(Build(model, output).shape("x", {4, 3, 16, 16}, {2, 3, 16, 16}, {4, 3, 16, 16}).run(),
               ES_INVALID_ARGUMENT, "dimension 0", output);
    checkFails(Build(model, output).shape("x", {1, 4, 16, 16}, {2, 4, 16, 16}, {4, 4, 16, 16}).run(),
               ES_INVALID_ARGUMENT, "dimension 1 is 3", output);
    checkFails(Build(model, output).shape("x", {1, 3}, {1, 3}, {1, 3}).run(), ES_INVALID_ARGUMENT, "has 4", output);
    checkFails(Build(model, output).shape("x", {-1, 3, 16, 16}, {2, 3, 16, 16}, {4, 3, 16, 16}).run(),
               ES_INVALID_ARGUMENT, "negative", output);
    checkFails(Build(model, output).shape("x", std::vector<int64_t>(20, 1), std::vector<int64_t>(20, 1),
                                          std::vector<int64_t>(20, 1)).run(),
               ES_INVALID_ARGUMENT, "20 dimensions", output);
}

TEST("names that this version does not have are refused with those it has") {
    es_build *build = nullptr;
    Client::require(es_build_create(&build));
    CHECK_EQUAL(es_build_add_flag(build, "kNO_SUCH_FLAG"), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "kWEIGHT_STREAMING");
    CHECK_EQUAL(es_build_add_flag(build, nullptr), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_build_clear_flag(build, "kNO_SUCH_FLAG"), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "kTF32");
    CHECK_EQUAL(es_build_clear_flag(nullptr, "kTF32"), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_build_add_compute_capability(build, 0), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_build_add_compute_capability(build, 77), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "89");
    const bool has121 = ownVersion() != "1.4";
    CHECK_EQUAL(es_build_add_compute_capability(build, 121), has121 ? ES_OK : ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_build_set_memory_pool_limit(build, "kNO_SUCH_POOL", 1), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "kWORKSPACE");
    CHECK_EQUAL(es_build_set_profiling_verbosity(build, 3), ES_INVALID_ARGUMENT);
    const int64_t one = 1;
    CHECK_EQUAL(es_build_add_profile_shape(build, 1, "x", &one, &one, &one, 1), ES_INVALID_ARGUMENT);
    uint64_t job = 0;
    CHECK_EQUAL(es_submit_build(loadedClient().get(), build, &job), ES_INVALID_ARGUMENT);
    es_build_destroy(build);
}

TEST("an output that exists is left as it is") {
    const Folder folder;
    const std::string output = folder.write("old.engine", "precious");
    const Done done = Build(folder.write("sample.onnx", sample::model()), output).batches().run();
    CHECK_EQUAL(done.status, ES_FILE_ERROR);
    CHECK_CONTAINS(done.sentence, "File exists");
    CHECK_CONTAINS(done.sentence, output);
    CHECK_EQUAL(readFile(output), "precious");
    CHECK_EQUAL(Build(folder / "sample.onnx", "/dev/full").batches().run().status, ES_FILE_ERROR);
    CHECK(exists("/dev/full"));
}

TEST("an output folder that is not there") {
    const Folder folder;
    const std::string output = folder / "no/such/x.engine";
    checkFails(Build(folder.write("sample.onnx", sample::model()), output).batches().run(), ES_FILE_ERROR, output,
               output);
}

TEST("a limit of the file size in the middle of writing leaves nothing behind") {
    const Folder folder;
    const std::string output = folder / "limited.engine";
    const std::string model = folder.write("sample.onnx", sample::model());
    struct rlimit before {};
    CHECK_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {4096, before.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    const Done done = Build(model, output).batches().run();
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    checkFails(done, ES_FILE_ERROR, "File too large", output);
    CHECK_CONTAINS(done.sentence, output);
}

TEST("an output that vanishes while it is written is not called done") {
    const Folder folder;
    const std::string output = folder / "moved.engine";
    const uint64_t job = Build(folder.write("sample.onnx", sample::model()), output).batches().submit();
    const Done done = loadedClient().wait(job, [&](const Event &entry) {
        if (entry.event.kind == ES_EVENT_PHASE_START && entry.text == "Building engine") {
            CHECK_EQUAL(unlink(output.c_str()), 0);
            folder.write("moved.engine", "somebody else's");
        }
    });
    CHECK_EQUAL(done.status, ES_FILE_ERROR);
    CHECK_CONTAINS(done.sentence, "moved or removed");
    CHECK_EQUAL(readFile(output), "somebody else's");
}

TEST("a build is cancelled in its phases, and the next one works") {
    const Folder folder;
    const std::string model = folder.write("sample.onnx", sample::model());
    const std::string output = folder / "cancelled.engine";
    for (const char *phase : {"Parsing the model", "Building engine", "Cloning network graph"}) {
        const uint64_t job = Build(model, output).batches().submit();
        const Done done = loadedClient().wait(job, [&](const Event &entry) {
            if (entry.event.kind == ES_EVENT_PHASE_START && entry.text == phase) {
                CHECK_EQUAL(es_job_cancel(loadedClient().get(), job), ES_OK);
            }
        });
        checkFails(done, ES_CANCELLED, output, output);
    }
    CHECK_EQUAL(Build(model, output).batches().run().sentence, "");
}

TEST("checks are answered during a build") {
    const Folder folder;
    const std::string model = folder.write("sample.onnx", sample::model());
    const uint64_t build = Build(model, folder / "x.engine").batches().submit();
    int answered = 0;
    bool building = false;
    const Done done = loadedClient().wait(build, [&](const Event &entry) {
        if (entry.event.kind == ES_EVENT_PHASE_START && entry.text == "Building engine") {
            building = true;
        }
        if (building && answered == 0) {
            answered += loadedClient().checkFiles({model})[0].record.validity == invalid ? 1 : 0;
        }
    });
    CHECK_EQUAL(done.sentence, "");
    CHECK_EQUAL(answered, 1);
}

TEST("the machine's own GPU is asked for alone") {
    const Folder folder;
    const std::string output = folder / "x.engine";
    const std::string model = folder.write("sample.onnx", sample::model());
    checkFails(Build(model, output).batches().target(1).target(89).run(), ES_INVALID_ARGUMENT, "combined", output);
}

TEST("what needs a GPU fails with the library's reason where there is none") {
    if (driver().gpu_count > 0) {
        CHECK(driver().message[0] == '\0');
        return;
    }
    const Folder folder;
    const std::string output = folder / "x.engine";
    const std::string model = folder.write("sample.onnx", sample::model());
    for (const char *flag : {"kREFIT", "kSTRIP_PLAN"}) {
        const Done done = Build(model, output).batches().flag(flag).run();
        checkFails(done, ES_RUNTIME_FAILED, model, output);
        CHECK_CONTAINS(done.log(), "Error Code");
    }
    checkFails(Build(model, output).batches().target(1).run(), ES_RUNTIME_FAILED, "Cuda", output);
}

TEST("a build without a library is refused") {
    const Folder folder;
    const Build build(folder.write("sample.onnx", sample::model()), folder / "x.engine");
    Client client;
    uint64_t job = 0;
    Client::require(es_submit_build(client.get(), build.get(), &job));
    CHECK_EQUAL(client.wait(job).status, ES_LIBRARY_NOT_LOADED);
}

/* On the stand-in machine they work (runTest.cpp); here the real library answers, of this machine's GPU or of none. */
TEST("inspecting and running a real engine ends in what the GPU allows, or in why there is none") {
    const Folder folder;
    const std::string path = folder / "x.engine";
    CHECK_EQUAL(Build(folder.write("sample.onnx", sample::model()), path).batches().run().status, ES_OK);
    const Inspected inspected = inspect(loadedClient(), path, ES_INSPECT_LAYERS, {0});
    Request request(path);
    const Ran ran = request.run(loadedClient());
    if (driver().gpu_count == 0) {
        for (const auto &[done, report] : {std::pair(inspected.done, inspected.report), std::pair(ran.done, ran.report)}) {
            CHECK_EQUAL(done.status, ES_NO_DRIVER);
            CHECK(!done.sentence.empty());
            CHECK_CONTAINS(report, "{\"stage\":\"deserialize\",\"cuda\":");
        }
        return;
    }
    if (inspected.done.status == ES_OK) {
        CHECK_CONTAINS(inspected.report, "\"tensors\":[{");
        CHECK_CONTAINS(inspected.layers, "Layers");
        CHECK_EQUAL(ran.done.status, ES_OK);
        CHECK_CONTAINS(ran.report, "\"failure\":{\"stage\":\"inputs\"");
    } else {
        CHECK(inspected.done.status == ES_RUNTIME_FAILED || inspected.done.status == ES_CUDA_FAILED);
        CHECK_CONTAINS(inspected.done.sentence, path);
        CHECK_EQUAL(ran.done.status, inspected.done.status);
    }
}

TEST("inspecting what is no engine") {
    if (driver().gpu_count > 0) {
        const Folder folder;
        const Inspected inspected = inspect(loadedClient(), folder.write("x.engine", std::string(1000, 'x')));
        CHECK(inspected.done.status != ES_OK);
    }
    CHECK_EQUAL(inspect(loadedClient(), "/no/such.engine").done.status, ES_FILE_ERROR);
    uint64_t job = 0;
    CHECK_EQUAL(es_submit_inspect(loadedClient().get(), nullptr, 0, nullptr, 0, &job), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_submit_inspect(loadedClient().get(), "x", 2, nullptr, 0, &job), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_submit_inspect(loadedClient().get(), "x", 0, nullptr, 1, &job), ES_INVALID_ARGUMENT);
    const int64_t negative = -1;
    CHECK_EQUAL(es_submit_inspect(loadedClient().get(), "x", 0, &negative, 1, &job), ES_INVALID_ARGUMENT);
}

TEST("verbose lines come only when they are asked for") {
    const Folder folder;
    const std::string model = folder.write("sample.onnx", sample::model());
    const auto verboseLines = [](const Done &done) {
        return std::count_if(done.events.begin(), done.events.end(), [](const Event &entry) {
            return entry.event.kind == ES_EVENT_LOG && entry.event.code == 4;
        });
    };
    CHECK_EQUAL(verboseLines(Build(model, folder / "quiet.engine").batches().run()), 0);
    Client::require(es_session_set_log_severity(loadedClient().get(), 4));
    const Done loud = Build(model, folder / "loud.engine").batches().run();
    Client::require(es_session_set_log_severity(loadedClient().get(), 3));
    CHECK(verboseLines(loud) > 0);
}

TEST("a full disk") {
    const Folder folder;
    const std::string disk = folder / "disk";
    CHECK_EQUAL(mkdir(disk.c_str(), 0700), 0);
    /* Only root may mount; without, the test of the file size limit covers the same path. */
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=8k") != 0) {
        CHECK(errno == EPERM || errno == EACCES);
        return;
    }
    const std::string output = disk + "/x.engine";
    const Done done = Build(folder.write("sample.onnx", sample::model()), output).batches().run();
    const bool left = exists(output);
    CHECK_EQUAL(umount(disk.c_str()), 0);
    CHECK(!left);
    CHECK_EQUAL(done.status, ES_FILE_ERROR);
    CHECK_CONTAINS(done.sentence, "No space left on device");
    CHECK_CONTAINS(done.sentence, output);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: shim_test LIBRARY OTHER_LIBRARY [PART_OF_A_NAME]\n");
        return 2;
    }
    ownLibrary = argv[1];
    otherLibrary = argv[2];
    return harness::run(argc - 2, argv + 2);
}
