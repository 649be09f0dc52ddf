#include "check.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace engine_shim {

static_assert(sizeof(es_check_record) == ES_CHECK_RECORD_SIZE, "the record's size is part of the interface");
static_assert(sizeof(es_event) == 48, "the event's size is part of the interface");

namespace {

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

} // namespace

LogSink &silentLogSink() noexcept {
    static SilentSink sink;
    return sink;
}

void checkFiles(const FileList &files, HeadReader::Heads *ahead, const Runtime *runtime, int maxSeverity, Job &job) {
    Checker checker(files.count, runtime, maxSeverity, job);
    if (ahead != nullptr && ahead->begin(checker.headerBytes())) {
        for (uint32_t i = 0; i < files.count; ++i) {
            checker.stopIfCancelled();
            const FileHead &head = ahead->next(i, checker.header());
            checker.clearBehind(head.length);
            checker.add(i, head);
        }
        return;
    }
    const char *path = files.paths.data();
    for (uint32_t i = 0; i < files.count; ++i) {
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
