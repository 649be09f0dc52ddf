/*
 * runUnitTest.cpp - what looking inside and running is made of, as far as it needs neither TensorRT-RTX nor a GPU.
 */
#include "engineFile.h"
#include "failure.h"
#include "harness.h"
#include "jsonWriter.h"
#include "libraryErrors.h"
#include "reports.h"
#include "runRequest.h"

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include <unistd.h>

using namespace engine_shim;

namespace {

std::string jsonText(const std::string &text) {
    JsonWriter json;
    json.text(text);
    return json.str();
}

class Silence : public LogSink {
public:
    void line(int, std::string_view) noexcept override { lines += 1; }
    int lines = 0;
};

class Phases : public PhaseSink {
public:
    void phaseStart(std::string_view name, int32_t, int64_t id, int64_t parent) noexcept override {
        text += "+" + std::string(name) + std::to_string(id) + "<" + std::to_string(parent) + " ";
    }
    void phaseStep(int64_t id, int32_t step) noexcept override {
        text += std::to_string(id) + ":" + std::to_string(step) + " ";
    }
    void phaseEnd(int64_t id) noexcept override { text += "-" + std::to_string(id) + " "; }
    std::string text;
};

/* A file of so many bytes that goes away. */
class TemporaryFile {
public:
    explicit TemporaryFile(size_t size) {
        std::string name = "/tmp/engine-shim-unit-XXXXXX";
        const int file = mkstemp(name.data());
        if (file < 0) {
            throw std::runtime_error("mkstemp failed");
        }
        close(file);
        path = name;
        bytes.resize(size);
        for (size_t i = 0; i < size; ++i) {
            bytes[i] = static_cast<char>(i * 31 >> 3);
        }
        std::ofstream(path, std::ios::binary) << bytes;
    }
    ~TemporaryFile() { unlink(path.c_str()); }
    std::string path;
    std::string bytes;
};

} // namespace

TEST("JSON: text is escaped, and what is not UTF-8 is replaced") {
    CHECK_EQUAL(jsonText("a\"b\\c/\n\x01\x7f"), "\"a\\\"b\\\\c/\\u000a\\u0001\\u007f\"");
    CHECK_EQUAL(jsonText(std::string("\0x", 2)), "\"\\u0000x\"");
    CHECK_EQUAL(jsonText("é 字 🚀"), "\"é 字 🚀\"");
    const std::string bad = "\xef\xbf\xbd";
    CHECK_EQUAL(jsonText("\x80"), "\"" + bad + "\"");
    CHECK_EQUAL(jsonText("a\xffz"), "\"a" + bad + "z\"");
    /* overlong, surrogate, beyond the last character: one for each byte that cannot go on */
    CHECK_EQUAL(jsonText("\xc0\xaf"), "\"" + bad + bad + "\"");
    CHECK_EQUAL(jsonText("\xed\xa0\x80"), "\"" + bad + bad + bad + "\"");
    CHECK_EQUAL(jsonText("\xf4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"");
    /* cut short: one for what was there */
    CHECK_EQUAL(jsonText("\xe5\xad"), "\"" + bad + "\"");
    CHECK_EQUAL(jsonText("\xf0\x9f\x9a\"x"), "\"" + bad + "\\\"x\"");
}

TEST("JSON: numbers, commas, nesting") {
    JsonWriter json;
    json.beginObject();
    json.key("a").number(std::numeric_limits<int64_t>::min());
    json.key("b").beginArray().number(1).real(0.5).real(std::nan("")).null().boolean(true).endArray();
    json.key("c").beginObject().endObject();
    json.key("d").number(OptionalNumber());
    json.key("e").numbers({-1, 2});
    json.endObject();
    CHECK_EQUAL(json.str(), "{\"a\":-9223372036854775808,\"b\":[1,0.5,null,null,true],\"c\":{},\"d\":null,\"e\":[-1,2]}");
}

TEST("the number of a CUDA error in a line of the library") {
    CHECK_EQUAL(cudaNumberIn("IExecutionContext::enqueueV3: Error Code 1: Cuda Runtime (Cuda failure 209: no kernel image)"), 209);
    CHECK_EQUAL(cudaNumberIn("Error reading CUDA GPU properties: … (cudaError 35: CUDA driver version is insufficient)"), 35);
    CHECK_EQUAL(cudaNumberIn("CUDA error 700 launching kernel"), 700);
    CHECK_EQUAL(cudaNumberIn("CUDA initialization failure with error: 100"), 100);
    CHECK_EQUAL(cudaNumberIn("cudaError_t = 2"), 0);
    CHECK_EQUAL(cudaNumberIn("CUDA error code = 719"), 719);
    CHECK_EQUAL(cudaNumberIn("Cuda failure: no number; Cuda failure 4"), 4);
    CHECK_EQUAL(cudaNumberIn("Error Code 2: OutOfMemory (requested size was 5)"), 0);
    CHECK_EQUAL(cudaNumberIn("[checkMacros.cpp::catchCudaError::229] Error Code 1: Cuda Runtime ()"), 0);
    CHECK_EQUAL(cudaNumberIn("CUDA error"), 0);
    CHECK_EQUAL(cudaNumberIn(""), 0);
}

TEST("failures are made of the library's lines") {
    Silence next;
    LibraryErrors errors(next);
    CHECK_EQUAL(errors.failure("It failed").sentence(), "It failed.");
    CHECK_EQUAL(errors.failure("It failed").status(), ES_RUNTIME_FAILED);
    errors.line(2, "Cuda failure 5");
    CHECK_EQUAL(errors.failure("It failed").cuda(), 0);
    errors.line(1, "the first reason");
    errors.line(0, "Cuda failure 209: no kernel image");
    CHECK_EQUAL(errors.failure("It failed").sentence(), "It failed: the first reason.");
    CHECK_EQUAL(errors.failure("It failed").status(), ES_CUDA_FAILED);
    CHECK_EQUAL(errors.failure("It failed").cuda(), 209);
    CHECK_EQUAL(next.lines, 3);
    errors.reset();
    CHECK_EQUAL(errors.failure("It failed", 700).cuda(), 700);
    for (const char *line : {"Error Code 2: OutOfMemory (Requested size was 8 bytes.)", "Cuda Runtime (out of memory)",
                             "Requested amount of GPU memory (8 bytes) could not be allocated.", "Cuda failure 2"}) {
        errors.reset();
        errors.line(1, line);
        CHECK_EQUAL(errors.failure("It failed").status(), ES_GPU_OUT_OF_MEMORY);
    }
}

TEST("stages are told in order, and steps forwards only") {
    Phases phases;
    {
        Stages stages(phases);
        stages.begin("read");
        stages.begin("deserialize", 1000);
        stages.progress(0.25);
        stages.progress(0.2);
        stages.progress(0.26); /* too soon */
        stages.progress(7);
        stages.beginAttempts(2);
        stages.begin("budget");
        stages.attemptDone(1);
        stages.begin("context");
        CHECK_EQUAL(std::string(stages.name()), "context");
    }
    CHECK_EQUAL(phases.text, "+read1<-1 -1 +deserialize2<-1 2:250 2:1000 -2 +attempt3<-1 +budget4<3 -4 3:1 +context5<3 -5 -3 ");
}

TEST("an engine file is read from any place") {
    const TemporaryFile file(9000000);
    EngineFile engine(file.path);
    CHECK_EQUAL(engine.size(), uint64_t{9000000});
    std::string into(9000001, '\0');
    CHECK_EQUAL(engine.read(into.data(), 100, nullptr), 100);
    CHECK(into.compare(0, 100, file.bytes, 0, 100) == 0);
    CHECK(engine.seek(-50, SeekFrom::here));
    CHECK_EQUAL(engine.read(into.data(), 50, nullptr), 50);
    CHECK(into.compare(0, 50, file.bytes, 50, 50) == 0);
    CHECK(engine.seek(0, SeekFrom::start));
    CHECK_EQUAL(engine.read(into.data(), 9000001, nullptr), 9000000);
    CHECK(into.compare(0, 9000000, file.bytes) == 0);
    CHECK_EQUAL(engine.read(into.data(), 1, nullptr), 0);
    CHECK(engine.seek(-3, SeekFrom::end));
    CHECK_EQUAL(engine.read(into.data(), 10, nullptr), 3);
    CHECK(engine.seek(int64_t{1} << 40, SeekFrom::start)); /* beyond the end there is nothing */
    CHECK_EQUAL(engine.read(into.data(), 10, nullptr), 0);
    CHECK(!engine.seek(-1, SeekFrom::start));
    CHECK(!engine.seek(std::numeric_limits<int64_t>::max(), SeekFrom::here));
    CHECK(!engine.seek(std::numeric_limits<int64_t>::min(), SeekFrom::start));
    CHECK_EQUAL(engine.read(into.data(), -1, nullptr), -1);
    CHECK_EQUAL(engine.read(nullptr, 1, nullptr), -1);
}

TEST("a file of more than 4 GB is read by 64-bit offsets") {
    const TemporaryFile file(1);
    const int64_t far = (int64_t{5} << 30) + 7;
    {
        std::ofstream out(file.path, std::ios::binary | std::ios::in);
        out.seekp(far);
        out << "end";
    }
    EngineFile engine(file.path);
    CHECK_EQUAL(engine.size(), static_cast<uint64_t>(far) + 3);
    char into[8] = "";
    CHECK(engine.seek(far, SeekFrom::start));
    CHECK_EQUAL(engine.read(into, 8, nullptr), 3);
    CHECK_EQUAL(std::string(into), "end");
}

TEST("what may be run is checked") {
    RunRequest request;
    request.engine = "x.engine";
    request.options.iterations = 10;
    request.options.max_samples = 10;
    request.options.streams = 1;
    requireRunnable(request);
    request.options.reserved = 1;
    try {
        requireRunnable(request);
        CHECK(false);
    } catch (const Failure &failure) {
        CHECK_EQUAL(failure.status(), ES_INVALID_ARGUMENT);
    }
}

TEST("sticky errors of CUDA are told from others") {
    CHECK(isStickyCudaError(719));
    CHECK(isStickyCudaError(700));
    CHECK(!isStickyCudaError(0));
    CHECK(!isStickyCudaError(2));
    CHECK(!isStickyCudaError(209));
}
