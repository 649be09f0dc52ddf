/*
 * runTest.cpp - looking inside engines and running them, through the C interface, on the stand-in machine (onStandIns.ts).
 *
 *   run_test LIBRARY FOLDER [PART OF A TEST'S NAME]
 */
#include "runClient.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

/* From the command line. */
std::string ownPath;
std::string library;
std::string folder;

constexpr int weights = 8000000;

std::string engine(const std::string &name) { return folder + "/" + name + ".engine"; }

std::string readFile(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
std::string writeFile(const std::string &name, const std::string &bytes) {
    const std::string path = folder + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}
template <typename T> std::string bytesOf(const std::vector<T> &values) {
    return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}
std::set<std::string> filesIn(const std::string &path) {
    std::set<std::string> names;
    DIR *opened = opendir(path.c_str());
    for (const dirent *entry = readdir(opened); entry != nullptr; entry = readdir(opened)) {
        names.insert(entry->d_name);
    }
    closedir(opened);
    return names;
}
std::string freshFolder(const std::string &name) {
    const std::string path = folder + "/" + name;
    if (std::system(("rm -rf '" + path + "'").c_str()) != 0 || mkdir(path.c_str(), 0700) != 0) {
        throw std::runtime_error("cannot make " + path);
    }
    return path;
}

/* Ramps that are the same in every test. */
std::string image(int64_t elements, const std::string &name = "other.bin") {
    std::vector<float> values(static_cast<size_t>(elements));
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i % 97) / 97.0F - 0.5F;
    }
    return writeFile(name, bytesOf(values));
}
const std::vector<int64_t> optShape = {1, 3, 64, 64};
std::string optImage() {
    static const std::string path = image(3 * 64 * 64, "image.bin");
    return path;
}

Client &client() {
    static const auto loaded = [] {
        auto made = std::make_unique<Client>();
        const Done done = made->load(library);
        if (done.status != ES_OK) {
            throw std::runtime_error(done.sentence);
        }
        return made;
    }();
    return *loaded;
}

/* Faults of the machine for one test: "lost_launch=50". Other lines stay. */
class Faults {
public:
    explicit Faults(const std::string &faults) { set(faults); }
    ~Faults() { set(""); }
    Faults(const Faults &) = delete;
    Faults &operator=(const Faults &) = delete;

private:
    static void set(const std::string &faults) {
        const std::string path = std::getenv("STAND_IN_NVML");
        std::istringstream lines(readFile(path));
        std::string text;
        for (std::string line; std::getline(lines, line);) {
            if (line.compare(0, 5, "fault") != 0) {
                text += line + "\n";
            }
        }
        text += "fault " + faults + "\n";
        /* The machine sees a change by the file's time, which has steps of some milliseconds. */
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::ofstream(path + ".new") << text;
        if (std::rename((path + ".new").c_str(), path.c_str()) != 0) {
            throw std::runtime_error("cannot change " + path);
        }
    }
};

/* Bytes of GPU memory that this process holds. */
uint64_t heldMemory() {
    const std::string bytes = readFile(std::getenv("STAND_IN_GPU_USAGE"));
    for (size_t at = 0; at + 16 <= bytes.size(); at += 16) {
        uint32_t pid = 0;
        uint64_t held = 0;
        std::memcpy(&pid, bytes.data() + at, 4);
        std::memcpy(&held, bytes.data() + at + 8, 8);
        if (pid == static_cast<uint32_t>(getpid())) {
            return held;
        }
    }
    return 0;
}
/* What the CUDA context alone takes once it was made. */
uint64_t heldByContext() {
    static const uint64_t held = [] {
        const Inspected inspected = inspect(client(), engine("fixed"));
        CHECK_EQUAL(inspected.done.status, ES_OK);
        return heldMemory();
    }();
    return held;
}

int64_t heldOnHost() {
    std::istringstream status(readFile("/proc/self/statm"));
    int64_t pages = 0;
    status >> pages >> pages;
    return pages * sysconf(_SC_PAGESIZE);
}

std::vector<std::string> stages(const Done &done) {
    std::vector<std::string> names;
    for (const Event &entry : done.events) {
        if (entry.event.kind == ES_EVENT_PHASE_START) {
            names.push_back(entry.text);
        }
    }
    return names;
}
std::string joined(const std::vector<std::string> &parts) {
    std::string text;
    for (const std::string &part : parts) {
        text += (text.empty() ? "" : " ") + part;
    }
    return text;
}

/* Every stage that begins also ends, and steps go forwards. */
void checkPhases(const Done &done) {
    std::set<int64_t> open;
    int64_t last = 0;
    for (const Event &entry : done.events) {
        if (entry.event.kind == ES_EVENT_PHASE_START) {
            CHECK(open.insert(entry.event.a).second);
            last = 0;
        } else if (entry.event.kind == ES_EVENT_PHASE_STEP) {
            CHECK(open.count(entry.event.a) == 1);
            CHECK(entry.event.b <= 1000);
            last = entry.event.b;
        } else if (entry.event.kind == ES_EVENT_PHASE_END) {
            CHECK(open.erase(entry.event.a) == 1);
        }
    }
    (void)last;
    CHECK_EQUAL(open.size(), size_t{0});
}

/* ---- inspect ---- */

TEST("inspect: tensors, profiles, memory and budgets") {
    const Inspected inspected = inspect(client(), engine("streaming"), ES_INSPECT_LAYERS, {0, weights / 2, 2 * weights});
    CHECK_EQUAL(inspected.done.sentence, "");
    CHECK_EQUAL(inspected.done.status, ES_OK);
    const std::string &report = inspected.report;
    CHECK_CONTAINS(report, "\"name\":\"STAND-IN tiny network\"");
    CHECK_CONTAINS(report, "{\"name\":\"image\",\"mode\":1,\"type\":0,\"shape\":[-1,3,-1,-1]");
    CHECK_CONTAINS(report, "\"profiles\":[{\"min\":[1,3,8,8],\"opt\":[1,3,64,64],\"max\":[4,3,256,256]}]");
    CHECK_CONTAINS(report, "{\"name\":\"label\",\"mode\":2,\"type\":8");
    CHECK_EQUAL(numberIn(report, "profileCount"), 1);
    CHECK_EQUAL(numberIn(report, "streamable"), weights);
    CHECK_EQUAL(numberIn(report, "defaultBudget"), weights);
    CHECK_CONTAINS(report, "{\"asked\":0,\"taken\":0,\"scratch\":500000,");
    CHECK_CONTAINS(report, "{\"asked\":16000000,\"taken\":8000000,\"scratch\":0,");
    CHECK_CONTAINS(report, "\"gpu\":{\"name\":\"STAND-IN GeForce RTX 4060\",\"computeCapability\":\"8.9\"");
    CHECK(numberIn(report, "freeBefore") >= numberIn(report, "freeAfter"));
    CHECK_CONTAINS(inspected.layers, "\"Layers\"");
    CHECK_EQUAL(joined(stages(inspected.done)), "read deserialize inspect");
    checkPhases(inspected.done);
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("inspect: no error lines on an engine without streaming, and no layers when not asked") {
    const Inspected inspected = inspect(client(), engine("fixed"), 0, {0});
    CHECK_EQUAL(inspected.done.status, ES_OK);
    CHECK_CONTAINS(inspected.report, "\"streamable\":0,\"defaultBudget\":null,\"automaticBudget\":null,\"budgets\":[]");
    CHECK_EQUAL(inspected.layers, "");
    CHECK(numberIn(inspected.report, "freeBefore") - numberIn(inspected.report, "freeAfter") >= weights);
    for (const Event &entry : inspected.done.events) {
        CHECK(entry.event.kind != ES_EVENT_LOG || entry.event.code >= 2);
    }
}

TEST("inspect: shape tensors with the range of their values") {
    const Inspected inspected = inspect(client(), engine("shape"));
    CHECK_EQUAL(inspected.done.status, ES_OK);
    CHECK_CONTAINS(inspected.report, "\"location\":1,\"shapeTensor\":true");
    CHECK_CONTAINS(inspected.report, "\"profileValues\":[{\"min\":[1,1],\"opt\":[32,32],\"max\":[256,256]}]");
}

TEST("inspect: an engine without an inspector has no layers") {
    const Faults faults("no_inspector=1");
    const Inspected inspected = inspect(client(), engine("streaming"), ES_INSPECT_LAYERS);
    CHECK_EQUAL(inspected.done.status, ES_OK);
    CHECK_EQUAL(inspected.layers, "");
}

TEST("inspect: what cannot be read or loaded fails at its stage") {
    Inspected inspected = inspect(client(), folder + "/missing.engine");
    CHECK_EQUAL(inspected.done.status, ES_FILE_ERROR);
    CHECK_CONTAINS(inspected.done.sentence, "missing.engine");
    CHECK_EQUAL(inspected.report, "{\"stage\":\"read\",\"cuda\":0}");
    inspected = inspect(client(), folder);
    CHECK_EQUAL(inspected.done.status, ES_FILE_ERROR);
    CHECK_CONTAINS(inspected.done.sentence, "it is a folder");
    inspected = inspect(client(), writeFile("empty.engine", ""));
    CHECK_CONTAINS(inspected.done.sentence, "it is empty");
    inspected = inspect(client(), engine("truncated"));
    CHECK_EQUAL(inspected.done.status, ES_RUNTIME_FAILED);
    CHECK_EQUAL(inspected.report, "{\"stage\":\"deserialize\",\"cuda\":0}");
    CHECK_CONTAINS(inspected.done.sentence, "truncated.engine");
    checkPhases(inspected.done);
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("inspect: an engine that the GPU has no memory for") {
    const Faults faults("oom_above=1000000");
    const Inspected inspected = inspect(client(), engine("fixed"));
    CHECK_EQUAL(inspected.done.status, ES_GPU_OUT_OF_MEMORY);
    CHECK_CONTAINS(inspected.report, "{\"stage\":\"deserialize\",");
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("inspect: an error of CUDA while loading keeps its number") {
    const Faults faults("deserialize=209");
    const Inspected inspected = inspect(client(), engine("streaming"));
    CHECK_EQUAL(inspected.done.status, ES_CUDA_FAILED);
    CHECK_EQUAL(inspected.report, "{\"stage\":\"deserialize\",\"cuda\":209}");
}

TEST("inspect: a large engine passes through and is not kept") {
    heldByContext();
    const int64_t before = heldOnHost();
    int64_t most = before;
    uint64_t job = 0;
    Client::require(es_submit_inspect(client().get(), engine("large").c_str(), 0, nullptr, 0, &job));
    const Inspected inspected = readInspected(client().wait(job, [&](const Event &) { most = std::max(most, heldOnHost()); }));
    CHECK_EQUAL(inspected.done.status, ES_OK);
    CHECK_EQUAL(numberIn(inspected.report, "streamable"), 400000000);
    bool hasStep = false;
    for (const Event &entry : inspected.done.events) {
        hasStep = hasStep || entry.event.kind == ES_EVENT_PHASE_STEP;
    }
    CHECK(hasStep);
    if (most - before >= 64000000) {
        harness::fail(__FILE__, __LINE__, std::to_string(most - before) + " bytes were held");
    }
}

TEST("inspect: a cancel is heard while the file is read") {
    const Faults faults("slow_read_ms=50");
    uint64_t job = 0;
    Client::require(es_submit_inspect(client().get(), engine("large").c_str(), 0, nullptr, 0, &job));
    const auto start = std::chrono::steady_clock::now();
    bool isAsked = false;
    const Inspected inspected = readInspected(client().wait(job, [&](const Event &entry) {
        if (entry.event.kind == ES_EVENT_PHASE_STEP && !isAsked) {
            isAsked = true;
            es_job_cancel(client().get(), job);
        }
    }));
    CHECK(isAsked);
    CHECK_EQUAL(inspected.done.status, ES_CANCELLED);
    CHECK_EQUAL(inspected.report, "{\"stage\":\"deserialize\",\"cuda\":0}");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(4));
    CHECK_EQUAL(heldMemory(), heldByContext());
}

/* ---- run ---- */

TEST("run: outputs, samples and the report of one attempt") {
    const std::string outputs = freshFolder("outputs");
    Request request(engine("streaming"));
    request.input("image", optShape, optImage()).outputs(outputs);
    request.options.profiled_iterations = 3;
    const Ran ran = request.run(client());
    CHECK_EQUAL(ran.done.sentence, "");
    CHECK_EQUAL(ran.done.status, ES_OK);
    CHECK_CONTAINS(ran.report, "\"failure\":null");
    CHECK_EQUAL(ran.samples.size(), size_t{20});
    CHECK_EQUAL(ran.number("sampleCount"), 20);
    CHECK_EQUAL(ran.number("budget"), weights);
    CHECK_EQUAL(ran.number("scratch"), 0);
    for (size_t i = 0; i < ran.samples.size(); ++i) {
        const es_run_sample &sample = ran.samples[i];
        CHECK(sample.latency_ns >= sample.enqueue_ns && sample.enqueue_ns >= 0);
        CHECK(sample.latency_ns >= 40000);
        CHECK(sample.gpu_ns >= 40000);
        CHECK(i == 0 || sample.start_ns >= ran.samples[i - 1].start_ns + ran.samples[i - 1].latency_ns);
    }
    const es_run_sample &last = ran.samples.back();
    CHECK_EQUAL(ran.number("wallNs"),
                static_cast<double>(last.start_ns + last.latency_ns - ran.samples.front().start_ns));
    /* compiling takes 40 ms */
    CHECK(ran.number("firstRunNs") >= 40e6);
    CHECK(ran.number("contextNs") > 0);
    CHECK(ran.number("freeReady") >= ran.number("freeLowest"));
    CHECK(ran.number("freeAfter") > ran.number("freeReady"));
    CHECK(numberIn(ran.report, "freeAfter") >= numberIn(ran.report, "freeLoaded"));
    CHECK_CONTAINS(ran.report, "\"cache\":{\"state\":\"off\"");
    CHECK_CONTAINS(ran.report, "\"cudaGraph\":null");
    CHECK_CONTAINS(ran.report, "{\"name\":\"mean\",\"type\":0,\"shape\":[1,3],\"bytes\":12,\"linear\":true,\"aliasOf\":\"\",\"file\":\"output-1.bin\"}");
    CHECK_CONTAINS(ran.report, "\"count\":3}");
    CHECK_EQUAL(joined(stages(ran.done)),
                "read deserialize attempt budget context inputs buffers first-run warm-up measure profile outputs");
    checkPhases(ran.done);
    CHECK_EQUAL(filesIn(outputs).size(), size_t{5}); /* three, "." and ".." */
    const std::string picture = readFile(outputs + "/output-0.bin");
    CHECK_EQUAL(picture.size(), size_t{3 * 64 * 64 * 4});
    std::vector<float> values(3 * 64 * 64);
    std::memcpy(values.data(), picture.data(), picture.size());
    /* the network's own mean of its picture */
    std::vector<float> mean(3);
    const std::string meanBytes = readFile(outputs + "/output-1.bin");
    std::memcpy(mean.data(), meanBytes.data(), 12);
    for (size_t channel = 0; channel < 3; ++channel) {
        double sum = 0;
        for (size_t i = 0; i < 4096; ++i) {
            sum += static_cast<double>(values[channel * 4096 + i]);
        }
        CHECK(std::fabs(sum / 4096 - static_cast<double>(mean[channel])) < 1e-4);
    }
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: other shapes, half precision, shape tensors, a second profile") {
    {
        Request request(engine("streaming"));
        const Ran ran = request.input("image", {2, 3, 20, 30}, image(2 * 3 * 20 * 30)).run(client());
        CHECK_EQUAL(ran.done.status, ES_OK);
        CHECK_CONTAINS(ran.report, "\"shape\":[2,3,20,30],\"bytes\":14400");
    }
    {
        Request request(engine("half"));
        const std::string zeros = writeFile("half.bin", std::string(3 * 64 * 64 * 2, '\0'));
        const Ran ran = request.input("image", optShape, zeros).run(client());
        CHECK_CONTAINS(ran.report, "\"failure\":null");
        CHECK_CONTAINS(ran.report, "\"type\":1,\"shape\":[1,3,64,64],\"bytes\":24576");
    }
    {
        Request request(engine("shape"));
        const std::string outputs = freshFolder("shape-outputs");
        const std::string size = writeFile("size.bin", bytesOf(std::vector<int64_t>{16, 24}));
        const Ran ran = request.input("image", optShape, optImage()).input("size", {2}, size).outputs(outputs).run(client());
        CHECK_CONTAINS(ran.report, "\"failure\":null");
        CHECK_CONTAINS(ran.report, "\"name\":\"resized\",\"type\":0,\"shape\":[1,3,16,24],\"bytes\":4608");
    }
    {
        Request request(engine("profiles"));
        request.options.profile = 1;
        const Ran ran = request.input("image", {1, 3, 310, 320}, image(3 * 310 * 320)).run(client());
        CHECK_CONTAINS(ran.report, "\"failure\":null");
        CHECK_CONTAINS(ran.report, "\"shape\":[1,3,310,320]");
    }
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: wrong inputs are told by name, at the inputs' stage") {
    const auto sentence = [](const std::string &name, const std::function<void(Request &)> &ask) {
        Request request(engine(name));
        ask(request);
        const Ran ran = request.run(client());
        CHECK_EQUAL(ran.done.status, ES_OK);
        CHECK_CONTAINS(ran.report, "\"failure\":{\"stage\":\"inputs\"");
        CHECK_EQUAL(ran.samples.size(), size_t{0});
        return ran.report;
    };
    std::string text = sentence("streaming", [](Request &) {});
    CHECK_CONTAINS(text, "Input \\\"image\\\" of the engine was given no data.");
    text = sentence("streaming", [](Request &r) { r.input("picture", {1}, optImage()); });
    CHECK_CONTAINS(text, "The engine has no input \\\"picture\\\"; it has \\\"image\\\".");
    text = sentence("streaming", [](Request &r) { r.input("image", {3, 64, 64}, optImage()); });
    CHECK_CONTAINS(text, "has 3 dimensions; the engine's [-1, 3, -1, -1] has 4.");
    text = sentence("streaming", [](Request &r) { r.input("image", {1, 4, 64, 64}, optImage()); });
    CHECK_CONTAINS(text, "dimension 1 must be 3.");
    text = sentence("streaming", [](Request &r) { r.input("image", {1, 3, 64, 257}, optImage()); });
    CHECK_CONTAINS(text, "outside optimization profile 0, which goes from [1, 3, 8, 8] to [4, 3, 256, 256]: dimension 3 is 257.");
    text = sentence("streaming", [](Request &r) { r.input("image", optShape, writeFile("short.bin", "1234")); });
    CHECK_CONTAINS(text, "with the shape [1, 3, 64, 64] and the type FLOAT has 49152 bytes;");
    CHECK_CONTAINS(text, "short.bin has 4.");
    text = sentence("streaming", [](Request &r) { r.input("image", optShape, folder + "/nothing.bin"); });
    CHECK_CONTAINS(text, "nothing.bin: No such file or directory");
    text = sentence("streaming", [](Request &r) {
        r.options.profile = 1;
        r.input("image", optShape, optImage());
    });
    CHECK_CONTAINS(text, "there is no profile 1.");
    text = sentence("shape", [](Request &r) {
        r.input("image", optShape, optImage()).input("size", {2}, writeFile("size.bin", bytesOf(std::vector<int64_t>{16, 300})));
    });
    CHECK_CONTAINS(text, "Value 1 of the shape tensor \\\"size\\\" is 300;");
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: a sweep of budgets, each in a fresh context") {
    Request request(engine("streaming"));
    request.input("image", optShape, optImage()).budget(0).budget(weights / 2).budget(2 * weights).budget(-1).budget(-2);
    const Ran ran = request.run(client());
    CHECK_EQUAL(ran.done.status, ES_OK);
    CHECK_EQUAL(ran.samples.size(), size_t{100});
    CHECK_EQUAL(ran.number("budget", 0), 0);
    CHECK_EQUAL(ran.number("scratch", 0), 500000);
    CHECK_EQUAL(ran.number("budget", 1), weights / 2);
    CHECK_EQUAL(ran.number("budget", 2), weights);
    CHECK_EQUAL(ran.number("budget", 3), weights);
    CHECK_EQUAL(ran.number("firstSample", 4), 80);
    CHECK(ran.number("freeReady", 0) > ran.number("freeReady", 2));
    CHECK(ran.report.find("\"failure\":{") == std::string::npos);
    checkPhases(ran.done);
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: a budget below what works fails alone") {
    Request request(engine("least"));
    request.input("image", optShape, optImage()).budget(1).budget(5000000);
    const Ran ran = request.run(client());
    CHECK_EQUAL(ran.done.status, ES_OK);
    CHECK_CONTAINS(ran.report.substr(ran.attempt(0), ran.attempt(1) - ran.attempt(0)), "\"failure\":{\"stage\":\"context\"");
    CHECK_CONTAINS(ran.report.substr(ran.attempt(1)), "\"failure\":null");
    CHECK_EQUAL(ran.number("sampleCount", 1), 20);
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: a budget on an engine without streaming is refused") {
    Request request(engine("fixed"));
    const Ran ran = request.input("image", optShape, optImage()).budget(5).budget(-2).run(client());
    CHECK_CONTAINS(ran.report, "\"failure\":{\"stage\":\"budget\",\"status\":1");
    CHECK_CONTAINS(ran.report.substr(ran.attempt(1)), "\"budget\":null,\"scratch\":null");
    CHECK_CONTAINS(ran.report.substr(ran.attempt(1)), "\"failure\":null");
}

TEST("run: streams work side by side, copies are timed, a duration ends it") {
    Request request(engine("streaming"));
    request.input("image", optShape, optImage());
    request.options.streams = 4;
    request.options.iterations = 50;
    request.options.flags = ES_RUN_COPIES;
    Ran ran = request.run(client());
    CHECK_CONTAINS(ran.report, "\"failure\":null");
    CHECK_EQUAL(ran.samples.size(), size_t{50});
    request.options.streams = 2;
    request.options.iterations = 0;
    request.options.duration_ns = 300000000;
    ran = request.run(client());
    CHECK_CONTAINS(ran.report, "\"failure\":null");
    CHECK(ran.number("wallNs") >= 290e6 && ran.number("wallNs") < 2e9);
    CHECK(ran.samples.size() > 100);
    for (size_t i = 1; i < ran.samples.size(); ++i) {
        CHECK(ran.samples[i].start_ns >= ran.samples[i - 1].start_ns);
    }
    /* whichever needs longer */
    request.options.iterations = 5;
    request.options.duration_ns = 100000000;
    CHECK(request.run(client()).number("wallNs") >= 90e6);
    request.options.max_samples = 7;
    CHECK_EQUAL(request.run(client()).samples.size(), size_t{7});
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: a CUDA graph is told off while weights stream") {
    Request request(engine("streaming"));
    request.input("image", optShape, optImage()).budget(0).budget(-1);
    request.options.flags = ES_RUN_CUDA_GRAPH;
    const Ran ran = request.run(client());
    CHECK_CONTAINS(ran.report.substr(0, ran.attempt(1)), "\"cudaGraph\":false");
    CHECK_CONTAINS(ran.report.substr(ran.attempt(1)), "\"cudaGraph\":true");
}

TEST("run: the runtime cache is written, read, and refused when it is another's") {
    const std::string caches = freshFolder("caches");
    const std::string path = caches + "/kernels.cache";
    Request request(engine("streaming"));
    request.input("image", optShape, optImage()).cache(path);
    Ran ran = request.run(client());
    CHECK_CONTAINS(ran.report, "\"cache\":{\"state\":\"missing\",\"loadedBytes\":null");
    CHECK(numberIn(ran.report, "savedBytes") > 0);
    CHECK(numberIn(ran.report, "warmFirstRunNs") < 30e6);
    CHECK(numberIn(ran.report, "warmContextNs") > 0);
    CHECK(ran.number("firstRunNs") >= 40e6);
    CHECK_EQUAL(numberIn(ran.report, "savedBytes"), static_cast<double>(readFile(path).size()));

    ran = request.run(client());
    CHECK_CONTAINS(ran.report, "\"cache\":{\"state\":\"loaded\"");
    CHECK_CONTAINS(ran.report, "\"savedBytes\":null,\"warmContextNs\":null,\"warmFirstRunNs\":null,\"message\":\"\"");
    CHECK(ran.number("firstRunNs") < 30e6);

    std::ofstream(path) << "not a cache";
    ran = request.run(client());
    CHECK_CONTAINS(ran.report, "\"cache\":{\"state\":\"refused\"");
    CHECK(numberIn(ran.report, "warmFirstRunNs") < 30e6);
    CHECK(readFile(path) != "not a cache");
    CHECK_EQUAL(filesIn(caches).size(), size_t{3});

    Request elsewhere(engine("streaming"));
    ran = elsewhere.input("image", optShape, optImage()).cache(folder + "/no/such/folder/kernels.cache").run(client());
    CHECK_CONTAINS(ran.report, "\"failure\":null");
    CHECK_CONTAINS(ran.report, "\"message\":\"Cannot create ");
    CHECK_EQUAL(heldMemory(), heldByContext());
}

TEST("run: errors of CUDA at the context, at the first run, and no pinned memory") {
    heldByContext();
    const auto failed = [](const std::string &fault) {
        const Faults faults(fault);
        Request request(engine("streaming"));
        return request.input("image", optShape, optImage()).run(client());
    };
    CHECK_CONTAINS(failed("context=2").report, "\"failure\":{\"stage\":\"context\",\"status\":15,\"cuda\":2");
    CHECK_CONTAINS(failed("jit=209").report, "\"failure\":{\"stage\":\"first-run\",\"status\":14,\"cuda\":209");
    const Ran ran = failed("oom_host=1");
    CHECK_EQUAL(ran.done.status, ES_OUT_OF_MEMORY);
    CHECK_EQUAL(ran.report, "{\"stage\":\"deserialize\",\"cuda\":2}");
    CHECK_EQUAL(heldMemory(), heldByContext());
}

/* The machine counts allocations and inferences in each process, and a GPU that was lost does not come back in it. */
struct Apart {
    int status = -1;
    uint64_t leaked = 0; /* GPU memory that the job did not give back */
    std::string report;
    std::string sentence;
};
Apart runApart(const std::string &fault, const std::string &outputs = "") {
    const Faults faults(fault);
    const std::string command = "'" + ownPath + "' '" + library + "' '" + folder + "' --one-run '" + outputs + "'";
    FILE *child = popen(command.c_str(), "r");
    std::string text;
    char piece[4096];
    for (size_t got = 0; child != nullptr && (got = std::fread(piece, 1, sizeof(piece), child)) > 0;) {
        text.append(piece, got);
    }
    const int exitCode = child == nullptr ? -1 : pclose(child);
    if (exitCode != 0) {
        harness::fail(__FILE__, __LINE__, fault + ": the process ended with " + std::to_string(exitCode) + " and said " + text);
    }
    std::istringstream lines(text);
    Apart apart;
    lines >> apart.status >> apart.leaked;
    lines.ignore();
    std::getline(lines, apart.report);
    std::getline(lines, apart.sentence);
    return apart;
}

TEST("run: every allocation may fail, and nothing stays") {
    optImage();
    int failures = 0;
    int nth = 1;
    for (int unharmed = 0; unharmed < 3 && nth < 100; ++nth) {
        const Apart apart = runApart("oom_alloc=" + std::to_string(nth));
        CHECK_EQUAL(apart.leaked, uint64_t{0});
        const bool isHarmed = apart.status != ES_OK || apart.report.find("\"failure\":{") != std::string::npos;
        if (!isHarmed) {
            unharmed += 1;
            continue;
        }
        unharmed = 0;
        failures += 1;
        if (apart.status == ES_OK) {
            CHECK_CONTAINS(apart.report, "\"status\":15,");
        } else {
            CHECK_EQUAL(apart.status, ES_GPU_OUT_OF_MEMORY);
        }
    }
    std::printf("        %d of %d allocations failed in turn\n", failures, nth - 1);
    CHECK(failures >= 8);
}

TEST("run: a GPU that is lost ends the attempts with its number") {
    optImage();
    const std::string outputs = freshFolder("lost-outputs");
    Apart apart = runApart("lost_launch=1 lost_code=719", outputs);
    CHECK_EQUAL(apart.status, ES_OK);
    CHECK_CONTAINS(apart.report, "\"failure\":{\"stage\":\"first-run\",\"status\":14,\"cuda\":719");
    const size_t second = apart.report.find("\"budgetAsked\":-1");
    CHECK_CONTAINS(apart.report.substr(second), "\"failure\":{\"stage\":\"budget\",\"status\":14,\"cuda\":719");
    CHECK_EQUAL(filesIn(outputs).size(), size_t{2});
    apart = runApart("lost_launch=12 lost_code=700", outputs);
    CHECK_CONTAINS(apart.report, "\"failure\":{\"stage\":\"measure\",\"status\":14,\"cuda\":700");
    CHECK(numberIn(apart.report, "sampleCount") > 0);
    CHECK(numberIn(apart.report, "sampleCount") < 20);
    CHECK_EQUAL(filesIn(outputs).size(), size_t{2});
    /* two warm-ups of two streams, the first run of each, twenty measured: the 28th is the profile's */
    apart = runApart("lost_launch=28 lost_code=719", outputs);
    CHECK_CONTAINS(apart.report, "\"failure\":{\"stage\":\"profile\",\"status\":14,\"cuda\":719");
    CHECK_EQUAL(numberIn(apart.report, "sampleCount"), 20);
    CHECK_EQUAL(filesIn(outputs).size(), size_t{5});
}

TEST("run: a CUDA driver that does not start is told as one") {
    const Apart apart = runApart("context_create=46");
    CHECK_EQUAL(apart.status, ES_CUDA_FAILED);
    CHECK_EQUAL(apart.report, "{\"stage\":\"deserialize\",\"cuda\":46}");
}

TEST("run: a cancel ends it between iterations and frees the memory") {
    for (const char *stage : {"deserialize", "first-run", "measure"}) {
        Request request(engine("slow"));
        request.input("image", optShape, optImage());
        request.options.iterations = 100000;
        request.options.streams = 2;
        const uint64_t job = request.submit(client());
        std::chrono::steady_clock::time_point asked{};
        const Ran ran = Request::read(client().wait(job, [&](const Event &entry) {
            if (entry.event.kind == ES_EVENT_PHASE_START && entry.text == stage) {
                asked = std::chrono::steady_clock::now();
                es_job_cancel(client().get(), job);
            }
        }));
        CHECK_EQUAL(ran.done.status, ES_CANCELLED);
        CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(2));
        CHECK_CONTAINS(ran.report, "\"cuda\":0");
        checkPhases(ran.done);
        CHECK_EQUAL(heldMemory(), heldByContext());
    }
}

TEST("run: what cannot be run is refused before it is tried") {
    Client other;
    es_run *run = nullptr;
    CHECK_EQUAL(es_run_create(&run), ES_OK);
    es_run_options options{};
    uint64_t job = 0;
    CHECK_EQUAL(es_submit_run(other.get(), run, &options, &job), ES_INVALID_ARGUMENT);
    CHECK_CONTAINS(lastError(), "no engine");
    CHECK_EQUAL(es_run_set_engine(run, engine("streaming").c_str()), ES_OK);
    const auto refused = [&](const char *part) {
        CHECK_EQUAL(es_submit_run(other.get(), run, &options, &job), ES_INVALID_ARGUMENT);
        CHECK_CONTAINS(lastError(), part);
    };
    refused("iterations or a duration");
    options.iterations = 1;
    refused("most samples");
    options.max_samples = 1000001;
    refused("most samples");
    options.max_samples = 10;
    refused("Streams");
    options.streams = 17;
    refused("Streams");
    options.streams = 1;
    options.flags = 8;
    refused("flag");
    options.flags = 0;
    options.profile = -1;
    refused("profiles");
    options.profile = 0;
    CHECK_EQUAL(es_run_add_budget(run, -3), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_run_add_input(run, "x", nullptr, 1, "y"), ES_INVALID_ARGUMENT);
    const std::vector<int64_t> shape(9, 1);
    CHECK_EQUAL(es_run_add_input(run, "x", shape.data(), 9, "y"), ES_INVALID_ARGUMENT);
    CHECK_EQUAL(es_run_add_input(run, "x", shape.data(), 1, "y"), ES_OK);
    CHECK_EQUAL(es_run_add_input(run, "x", shape.data(), 1, "y"), ES_INVALID_ARGUMENT);
    /* without a library */
    CHECK_EQUAL(es_submit_run(other.get(), run, &options, &job), ES_OK);
    CHECK_EQUAL(other.wait(job).status, ES_LIBRARY_NOT_LOADED);
    es_run_destroy(run);
    es_run_destroy(nullptr);
}

/* What runApart starts: prints the status, the GPU memory that is still held, the report and the sentence. */
int oneRun(const std::string &outputs) {
    uint64_t context = 0;
    Ran ran;
    {
        Client own;
        const Done loaded = own.load(library);
        if (loaded.status != ES_OK) {
            std::printf("%s\n", loaded.sentence.c_str());
            return 1;
        }
        Request request(engine("streaming"));
        request.input("image", optShape, folder + "/image.bin").budget(0).budget(-1);
        request.options.streams = 2;
        request.options.profiled_iterations = 1;
        if (!outputs.empty()) {
            request.outputs(outputs);
        }
        ran = request.run(own);
        context = heldMemory();
    }
    constexpr uint64_t contextMemory = 96u << 20; /* of the stand-in machine, once a context was made */
    const uint64_t leaked = context == contextMemory ? 0 : context;
    std::printf("%d %llu\n%s\n%s\n", static_cast<int>(ran.done.status), static_cast<unsigned long long>(leaked),
                ran.report.c_str(), ran.done.sentence.c_str());
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 3) {
        std::printf("usage: %s LIBRARY FOLDER [PART OF A TEST'S NAME]\n", argv[0]);
        return 2;
    }
    ownPath = argv[0];
    library = argv[1];
    folder = argv[2];
    if (argc > 4 && std::strcmp(argv[3], "--one-run") == 0) {
        return oneRun(argv[4]);
    }
    return harness::run(argc - 2, argv + 2);
}
