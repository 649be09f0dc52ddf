/*
 * readAheadTest.cpp - reading ahead of check jobs, with files that exist only in the test and are read when it says so.
 */
#include "harness.h"
#include "readAhead.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

using engine_shim::FileHead;
using engine_shim::FileList;
using engine_shim::HeadReader;
using engine_shim::usualHeaderBytes;

namespace {

/* Allocations from this size on fail. */
std::atomic<size_t> failFrom{SIZE_MAX};

class NoMemory {
public:
    explicit NoMemory(size_t from) { failFrom = from; }
    ~NoMemory() { failFrom = SIZE_MAX; }
    NoMemory(const NoMemory &) = delete;
    NoMemory &operator=(const NoMemory &) = delete;
};

template <typename Condition> bool soon(Condition condition) {
    for (int i = 0; i < 10000; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

/* File "123" is 123 bytes long and begins with the bytes 1, 2, 3. The one that hangs is read when it is let go of. */
class Files {
public:
    ~Files() { letGo(); }

    HeadReader::Read reader() {
        return [this](const char *path, uint8_t *buffer, uint32_t capacity) {
            const uint32_t number = static_cast<uint32_t>(std::atoi(path));
            while (number == hangs) {
                hanging = true;
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            hanging = false;
            FileHead head;
            head.type = ES_FILE_REGULAR;
            head.size = number;
            head.length = std::min<uint32_t>(capacity, static_cast<uint32_t>(std::strlen(path)));
            std::memcpy(buffer, path, head.length);
            read += 1;
            return head;
        };
    }
    void letGo() { hangs = UINT32_MAX; }

    static std::shared_ptr<const FileList> list(uint32_t first, uint32_t count) {
        FileList files;
        for (uint32_t i = 0; i < count; ++i) {
            files.paths += std::to_string(first + i) + '\0';
        }
        files.count = count;
        return std::make_shared<const FileList>(std::move(files));
    }

    std::atomic<uint32_t> read{0};
    std::atomic<uint32_t> hangs{UINT32_MAX};
    std::atomic<bool> hanging{false};
};

void checkHead(HeadReader::Heads &heads, uint32_t first, uint32_t index) {
    uint8_t bytes[HeadReader::mostHeaderBytes] = {};
    const FileHead &head = heads.next(index, bytes);
    const std::string name = std::to_string(first + index);
    CHECK_EQUAL(head.size, first + index);
    CHECK_EQUAL(std::string(reinterpret_cast<char *>(bytes), head.length), name);
}

void checkAll(HeadReader::Heads &heads, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        checkHead(heads, first, i);
    }
}

} // namespace

void *operator new(size_t size) {
    void *memory = size >= failFrom ? nullptr : std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

TEST("who would have to wait reads as well, and the heads stay in order") {
    Files files;
    files.hangs = 1000;
    HeadReader reader(files.reader());
    const uint32_t count = HeadReader::leastFiles * 4;
    const auto heads = reader.submit(Files::list(1000, count));
    CHECK(heads != nullptr);
    CHECK(soon([&] { return files.hanging.load(); }));
    std::thread letsGo([&files] {
        CHECK(soon([&files] { return files.read.load() > 0; }));
        files.letGo();
    });
    CHECK(heads->begin(usualHeaderBytes));
    checkAll(*heads, 1000, count);
    letsGo.join();
    CHECK_EQUAL(files.read.load(), count);
}

TEST("two threads that read give each head once, in order, of files that take unlike long") {
    std::atomic<uint32_t> read{0};
    HeadReader reader([&read](const char *path, uint8_t *buffer, uint32_t) {
        const uint32_t number = static_cast<uint32_t>(std::atoi(path));
        std::this_thread::sleep_for(std::chrono::microseconds(number * 7919 % 50));
        FileHead head;
        head.type = ES_FILE_REGULAR;
        head.size = number;
        head.length = static_cast<uint32_t>(std::strlen(path));
        std::memcpy(buffer, path, head.length);
        read += 1;
        return head;
    });
    const uint32_t count = 4000;
    const auto first = reader.submit(Files::list(0, count));
    const auto second = reader.submit(Files::list(50000, count));
    CHECK(first->begin(usualHeaderBytes));
    checkAll(*first, 0, count);
    CHECK(second->begin(usualHeaderBytes));
    checkAll(*second, 50000, count);
    CHECK_EQUAL(read.load(), 2 * count);
}

TEST("jobs in a row are read before anybody asks, and each gets its own heads") {
    Files files;
    HeadReader reader(files.reader());
    std::vector<std::shared_ptr<HeadReader::Heads>> jobs;
    for (uint32_t i = 0; i < 5; ++i) {
        jobs.push_back(reader.submit(Files::list(1000 * i, 100 + i)));
    }
    CHECK(soon([&] { return files.read == 510; }));
    for (uint32_t i = 0; i < 5; ++i) {
        CHECK(jobs[i]->begin(usualHeaderBytes));
        checkAll(*jobs[i], 1000 * i, 100 + i);
        jobs[i].reset();
    }
    CHECK_EQUAL(files.read.load(), 510U);
}

TEST("few files and far larger headers are not read ahead, another size is for the jobs that follow") {
    Files files;
    HeadReader reader(files.reader());
    CHECK(reader.submit(Files::list(0, HeadReader::leastFiles - 1)) == nullptr);
    auto before = reader.submit(Files::list(100, HeadReader::leastFiles));
    reader.setHeaderBytes(2);
    auto after = reader.submit(Files::list(100, HeadReader::leastFiles));
    CHECK(!before->begin(2));
    CHECK(after->begin(2));
    uint8_t bytes[2] = {};
    CHECK_EQUAL(after->next(0, bytes).length, 2U);
    reader.setHeaderBytes(HeadReader::mostHeaderBytes + 1);
    CHECK(reader.submit(Files::list(0, 1000)) == nullptr);
}

TEST("reading goes no further ahead than it may, in one job and in many") {
    for (const uint32_t count : {50000U, 500U}) {
        Files files;
        HeadReader reader(files.reader());
        std::vector<std::shared_ptr<HeadReader::Heads>> jobs;
        for (uint32_t first = 0; first < 50000; first += count) {
            jobs.push_back(reader.submit(Files::list(first, count)));
        }
        const auto isFull = [&] { return files.read + 16 > HeadReader::mostAhead; };
        CHECK(soon(isFull));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        CHECK(files.read <= HeadReader::mostAhead);
        for (uint32_t i = 0; i < jobs.size(); ++i) {
            CHECK(jobs[i]->begin(usualHeaderBytes));
            for (uint32_t at = 0; at < count; ++at) {
                checkHead(*jobs[i], i * count, at);
                CHECK(files.read <= i * count + at + 1 + HeadReader::mostAhead);
            }
            jobs[i].reset();
        }
        CHECK_EQUAL(files.read.load(), 50000U);
    }
}

TEST("what a job that waits holds is let go of with it, and its files are not read") {
    Files files;
    HeadReader reader(files.reader());
    files.hangs = 10;
    auto first = reader.submit(Files::list(0, 100));
    CHECK(soon([&] { return files.hanging.load(); }));
    const auto list = Files::list(1000, 100);
    auto second = reader.submit(list);
    auto third = reader.submit(Files::list(2000, 100));
    CHECK(list.use_count() > 1);
    second.reset();
    CHECK_EQUAL(list.use_count(), 1);
    files.letGo();
    CHECK(first->begin(usualHeaderBytes));
    checkAll(*first, 0, 100);
    CHECK(third->begin(usualHeaderBytes));
    checkAll(*third, 2000, 100);
    CHECK_EQUAL(files.read.load(), 200U);
}

TEST("the reading of a job that ends early stops with the file that is being read, and what was read makes room") {
    Files files;
    HeadReader reader(files.reader());
    files.hangs = 20000;
    const auto list = Files::list(10000, 16384);
    auto job = reader.submit(list);
    CHECK(soon([&] { return files.hanging.load(); }));
    CHECK(job->begin(usualHeaderBytes));
    checkAll(*job, 10000, 300);
    job.reset();
    files.letGo();
    CHECK(soon([&] { return list.use_count() == 1; }));
    CHECK_EQUAL(files.read.load(), 10001U);
    auto next = reader.submit(Files::list(0, 16384));
    CHECK(soon([&] { return files.read == 10001 + 16384; }));
}

TEST("a file that hangs in a job that was cancelled holds up none that follows") {
    Files files;
    HeadReader reader(files.reader());
    files.hangs = 5;
    auto cancelled = reader.submit(Files::list(0, 100));
    CHECK(soon([&] { return files.hanging.load(); }));
    auto next = reader.submit(Files::list(1000, 100));
    std::atomic<int> answer{-1};
    std::thread asking([&] { answer = next->begin(usualHeaderBytes) ? 1 : 0; });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const int early = answer;
    cancelled.reset();
    asking.join();
    CHECK_EQUAL(early, -1);
    CHECK_EQUAL(answer.load(), 0);
    auto third = reader.submit(Files::list(2000, 100));
    CHECK(!third->begin(usualHeaderBytes));
    auto fourth = reader.submit(Files::list(3000, 100));
    files.letGo();
    CHECK(soon([&] { return files.read == 5 + 1 + 100; }));
    CHECK(fourth->begin(usualHeaderBytes));
    checkAll(*fourth, 3000, 100);
}

TEST("a reader ends while it reads, while it has no room, and without having read") {
    for (int i = 0; i < 50; ++i) {
        Files files;
        HeadReader reader(files.reader());
        auto one = reader.submit(Files::list(0, 10000));
        auto two = reader.submit(Files::list(0, 10000));
        if (i % 2 == 0) {
            CHECK(one->begin(usualHeaderBytes));
            checkAll(*one, 0, 100);
        }
        if (i % 10 == 0) {
            CHECK(soon([&] { return files.read >= HeadReader::mostAhead; }));
        }
    }
    const HeadReader unused;
}

TEST("without memory a job reads its files itself, and the next one is read ahead again") {
    Files files;
    HeadReader reader(files.reader());
    const auto list = Files::list(100, 1000);
    {
        const NoMemory none(0);
        CHECK(reader.submit(list) == nullptr);
    }
    auto job = [&] {
        const NoMemory noneForHeads(usualHeaderBytes * 1000);
        auto submitted = reader.submit(list);
        CHECK(submitted != nullptr && !submitted->begin(usualHeaderBytes));
        return submitted;
    }();
    job = reader.submit(list);
    CHECK(job->begin(usualHeaderBytes));
    checkAll(*job, 100, 1000);
    CHECK_EQUAL(files.read.load(), 1000U);
}

TEST("jobs come and go from another thread than the one that asks") {
    Files files;
    HeadReader reader(files.reader());
    std::mutex mutex;
    std::deque<std::pair<uint32_t, std::shared_ptr<HeadReader::Heads>>> waiting;
    bool isLast = false;
    std::atomic<int> wrong{0};
    std::thread lane([&] {
        for (;;) {
            std::pair<uint32_t, std::shared_ptr<HeadReader::Heads>> job;
            {
                const std::lock_guard<std::mutex> lock(mutex);
                if (waiting.empty() && isLast) {
                    return;
                }
                if (waiting.empty()) {
                    continue;
                }
                job = std::move(waiting.front());
                waiting.pop_front();
            }
            uint8_t bytes[usualHeaderBytes] = {};
            const bool isAhead = job.second->begin(usualHeaderBytes);
            /* Every third ends in the middle. */
            for (uint32_t i = 0; isAhead && i < (job.first % 3 == 0 ? 100U : 200U); ++i) {
                wrong += job.second->next(i, bytes).size == job.first + i ? 0 : 1;
            }
        }
    });
    for (uint32_t i = 0; i < 2000; ++i) {
        auto job = reader.submit(Files::list(i, 200));
        const std::lock_guard<std::mutex> lock(mutex);
        waiting.emplace_back(i, std::move(job));
        if (i % 5 == 0 && waiting.size() > 1) {
            waiting.pop_back();
        }
    }
    {
        const std::lock_guard<std::mutex> lock(mutex);
        isLast = true;
    }
    lane.join();
    CHECK_EQUAL(wrong.load(), 0);
}
