#include "check.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace engine_shim {

static_assert(sizeof(es_check_record) == ES_CHECK_RECORD_SIZE, "the record's size is part of the interface");
static_assert(sizeof(es_event) == 48, "the event's size is part of the interface");

namespace {

/* Without a runtime: the size that every TensorRT-RTX so far has. */
constexpr uint32_t usualHeaderBytes = 64;

class SilentSink : public LogSink {
public:
    void line(int, std::string_view) noexcept override {}
};

/* Collects the lines about one file as "severity digit, bytes, NUL". */
class LineCollector : public LogSink {
public:
    explicit LineCollector(int maxSeverity) : mMaxSeverity(maxSeverity) {}

    void line(int severity, std::string_view text) noexcept override {
        if (severity > mMaxSeverity) {
            return;
        }
        const size_t before = mText.size();
        try {
            mText.push_back(static_cast<char>('0' + std::clamp(severity, 0, 9)));
            mText.append(text);
            mText.push_back('\0');
        } catch (...) {
            mText.resize(before); /* the verdict is worth more than its line */
        }
    }

    const std::string &text() const noexcept { return mText; }
    void clear() noexcept { mText.clear(); }

private:
    const int mMaxSeverity;
    std::string mText;
};

class Checker {
public:
    Checker(uint32_t count, const Runtime *runtime, int maxSeverity, Job &job)
        : mRuntime(runtime), mCount(count), mLines(maxSeverity), mScope(&mLines), mJob(job), mResult(job.result()),
          mHeaderBytes(runtime == nullptr ? usualHeaderBytes : static_cast<uint32_t>(runtime->headerSize())),
          mHeader(std::max<size_t>(mHeaderBytes, ES_HEADER_CAPACITY)) {
        mResult.resize(size_t{count} * sizeof(es_check_record));
    }

    /* A place for the header that is longer than what the runtime may read, zeros behind what was written there. */
    uint8_t *header() noexcept { return mHeader.data(); }
    uint32_t headerBytes() const noexcept { return mHeaderBytes; }

    void clearBehind(uint32_t length) noexcept { std::fill(mHeader.begin() + length, mHeader.end(), uint8_t{0}); }

    void add(uint32_t index, const FileHead &head) {
        es_check_record record{};
        const uint32_t kept = std::min<uint32_t>(head.length, ES_HEADER_CAPACITY);
        std::memcpy(record.header, mHeader.data(), kept);
        record.header_length = kept;
        record.file_type = static_cast<uint32_t>(head.type);
        record.system_error = head.systemError;
        record.file_size = head.size;
        record.modified_ns = head.modifiedNs;
        record.validity = -1;
        const bool readable = head.systemError == 0 && (head.type == ES_FILE_REGULAR || head.type == ES_FILE_UNKNOWN);
        if (mRuntime != nullptr && readable) {
            mLines.clear();
            const Validity answer = mRuntime->validity(mHeader.data(), head.length);
            record.validity = answer.validity;
            record.diagnostics = answer.diagnostics;
            placeLines(record);
        }
        std::memcpy(mResult.data() + size_t{index} * sizeof(record), &record, sizeof(record));
    }

    void stopIfCancelled() {
        if (mJob.isCancelled()) {
            mResult.clear();
            mJob.stopIfCancelled();
        }
    }

private:
    /* Many engines get one of a few texts: the same text is stored once. */
    void placeLines(es_check_record &record) {
        const std::string &lines = mLines.text();
        if (lines.empty()) {
            return;
        }
        auto known = mKnownLines.find(lines);
        if (known == mKnownLines.end()) {
            const size_t offset = mResult.size() - size_t{mCount} * sizeof(es_check_record);
            if (offset + lines.size() > UINT32_MAX) {
                return;
            }
            mResult.insert(mResult.end(), lines.begin(), lines.end());
            if (mKnownLines.size() >= mostKnownLines) {
                mKnownLines.clear();
            }
            known = mKnownLines.emplace(lines, static_cast<uint32_t>(offset)).first;
        }
        record.lines_offset = known->second;
        record.lines_length = static_cast<uint32_t>(lines.size());
    }

    const Runtime *const mRuntime;
    const uint32_t mCount;
    LineCollector mLines;
    const ThreadLogScope mScope;
    Job &mJob;
    std::vector<uint8_t> &mResult;
    const uint32_t mHeaderBytes;
    std::vector<uint8_t> mHeader;
    /* Where each text stands. Bounded: hostile engines can have a text each. */
    static constexpr size_t mostKnownLines = 256;
    std::unordered_map<std::string, uint32_t> mKnownLines;
};

/*
 * Reads the heads of many files on a thread of its own, ahead of the one that asks: reading waits for the disk and asking
 * for the driver, so the two pass each other by.
 */
class ReadAhead {
public:
    ReadAhead(const std::string &paths, uint32_t count, uint32_t headerBytes)
        : mPaths(paths), mCount(count), mHeaderBytes(headerBytes), mHeads(count),
          mBytes(size_t{count} * headerBytes) {
        mThread.start("check-read", [this] { read(); });
    }

    ~ReadAhead() {
        {
            const std::lock_guard<std::mutex> lock(mMutex);
            mStop = true;
        }
        mThread.join();
    }

    ReadAhead(const ReadAhead &) = delete;
    ReadAhead &operator=(const ReadAhead &) = delete;

    /* Waits for the index-th head and copies its bytes. */
    const FileHead &head(uint32_t index, uint8_t *bytes) {
        if (index >= mKnown) {
            std::unique_lock<std::mutex> lock(mMutex);
            mMore.wait(lock, [&] { return mReady > index; });
            mKnown = mReady;
        }
        std::memcpy(bytes, mBytes.data() + size_t{index} * mHeaderBytes, mHeads[index].length);
        return mHeads[index];
    }

private:
    /* Waking somebody for every file would cost more than reading it. */
    static constexpr uint32_t atOnce = 16;

    void read() noexcept {
        const char *path = mPaths.data();
        for (uint32_t i = 0; i < mCount; ++i) {
            mHeads[i] = readFileHead(path, mBytes.data() + size_t{i} * mHeaderBytes, mHeaderBytes);
            path += std::strlen(path) + 1;
            if ((i + 1) % atOnce == 0 || i + 1 == mCount) {
                const std::lock_guard<std::mutex> lock(mMutex);
                mReady = i + 1;
                mMore.notify_one();
                if (mStop) {
                    return;
                }
            }
        }
    }

    const std::string &mPaths;
    const uint32_t mCount;
    const uint32_t mHeaderBytes;
    std::vector<FileHead> mHeads;
    std::vector<uint8_t> mBytes;
    std::mutex mMutex;
    std::condition_variable mMore;
    uint32_t mReady = 0; /* guarded by mMutex */
    bool mStop = false;  /* guarded by mMutex */
    uint32_t mKnown = 0; /* of the asking thread */
    Thread mThread;
};

/* Fewer files are read faster than a thread is started. */
constexpr uint32_t readAheadFrom = 64;
/* A header far larger than any so far is not worth the memory of holding many. */
constexpr uint32_t readAheadBytes = 1024;

} // namespace

LogSink &silentLogSink() noexcept {
    static SilentSink sink;
    return sink;
}

void checkFiles(const std::string &paths, uint32_t count, const Runtime *runtime, int maxSeverity, Job &job) {
    Checker checker(count, runtime, maxSeverity, job);
    if (count >= readAheadFrom && checker.headerBytes() <= readAheadBytes) {
        ReadAhead reader(paths, count, checker.headerBytes());
        for (uint32_t i = 0; i < count; ++i) {
            checker.stopIfCancelled();
            const FileHead &head = reader.head(i, checker.header());
            checker.clearBehind(head.length);
            checker.add(i, head);
        }
        return;
    }
    const char *path = paths.data();
    for (uint32_t i = 0; i < count; ++i) {
        checker.stopIfCancelled();
        const FileHead head = readFileHead(path, checker.header(), checker.headerBytes());
        checker.clearBehind(head.length);
        checker.add(i, head);
        path += std::strlen(path) + 1;
    }
}

void checkHeaders(const std::vector<uint8_t> &headers, uint32_t stride, const std::vector<uint32_t> &lengths,
                  const Runtime *runtime, int maxSeverity, Job &job) {
    const auto count = static_cast<uint32_t>(lengths.size());
    Checker checker(count, runtime, maxSeverity, job);
    for (uint32_t i = 0; i < count; ++i) {
        checker.stopIfCancelled();
        FileHead head;
        head.length = std::min(lengths[i], checker.headerBytes());
        if (head.length > 0) {
            std::memcpy(checker.header(), headers.data() + size_t{i} * stride, head.length);
        }
        checker.clearBehind(head.length);
        checker.add(i, head);
    }
}

} // namespace engine_shim
