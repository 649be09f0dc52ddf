/*
 * shimClient.h - the C interface as a test likes it: a session that waits for its jobs and keeps what they said.
 */
#pragma once

#include "engine_shim.h"
#include "harness.h"

#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

inline std::string lastError() {
    std::string text(es_last_error(nullptr, 0), '\0');
    es_last_error(text.data(), text.size());
    text.resize(text.size() - 1);
    return text;
}

struct Event {
    es_event event;
    std::string text;
};

struct Done {
    es_status status = ES_INTERNAL;
    std::string sentence;
    std::vector<uint8_t> result;
    std::vector<Event> events;

    std::string log() const {
        std::string text;
        for (const Event &entry : events) {
            if (entry.event.kind == ES_EVENT_LOG) {
                text += entry.text + "\n";
            }
        }
        return text;
    }

    template <typename T> T as() const {
        T value;
        if (result.size() < sizeof(T)) {
            throw std::runtime_error("the result is too short; the job said: " + sentence);
        }
        std::memcpy(&value, result.data(), sizeof(T));
        return value;
    }
};

struct Verdict {
    es_check_record record;
    std::vector<std::string> lines; /* with the severity digit */
};

inline std::vector<Verdict> decodeCheck(const std::vector<uint8_t> &result, size_t count) {
    if (result.size() < count * ES_CHECK_RECORD_SIZE) {
        throw std::runtime_error("the check's result is too short");
    }
    std::vector<Verdict> verdicts(count);
    const uint8_t *text = result.data() + count * ES_CHECK_RECORD_SIZE;
    const size_t textSize = result.size() - count * ES_CHECK_RECORD_SIZE;
    for (size_t i = 0; i < count; ++i) {
        es_check_record &record = verdicts[i].record;
        std::memcpy(&record, result.data() + i * ES_CHECK_RECORD_SIZE, sizeof(record));
        if (size_t{record.lines_offset} + record.lines_length > textSize) {
            throw std::runtime_error("a record points behind its text");
        }
        std::string line;
        for (uint32_t b = 0; b < record.lines_length; ++b) {
            const char byte = static_cast<char>(text[record.lines_offset + b]);
            if (byte == '\0') {
                verdicts[i].lines.push_back(line);
                line.clear();
            } else {
                line += byte;
            }
        }
    }
    return verdicts;
}

class Client {
public:
    Client() {
        if (es_session_create(&mSession) != ES_OK) {
            throw std::runtime_error(lastError());
        }
    }
    ~Client() { es_session_destroy(mSession); }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    es_session *get() const { return mSession; }

    /* Polls until the job is done; seen is told of every event of it. */
    Done wait(uint64_t job, const std::function<void(const Event &)> &seen = nullptr) {
        Done done;
        const auto start = std::chrono::steady_clock::now();
        for (;;) {
            for (size_t i = 0; i < mPending.size(); ++i) {
                Event entry = mPending[i];
                if (entry.event.job != job && entry.event.kind != ES_EVENT_LOST) {
                    continue;
                }
                mPending.erase(mPending.begin() + static_cast<std::ptrdiff_t>(i));
                i -= 1;
                if (seen) {
                    seen(entry);
                }
                if (entry.event.kind == ES_EVENT_DONE) {
                    done.status = static_cast<es_status>(entry.event.code);
                    done.sentence = entry.text;
                    done.result.resize(static_cast<size_t>(entry.event.a));
                    uint64_t needed = 0;
                    if (es_job_result(mSession, job, done.result.data(), done.result.size(), &needed) != ES_OK ||
                        needed != done.result.size()) {
                        throw std::runtime_error("es_job_result: " + lastError());
                    }
                    return done;
                }
                done.events.push_back(std::move(entry));
            }
            if (std::chrono::steady_clock::now() - start > std::chrono::minutes(5)) {
                throw std::runtime_error("the job did not end within five minutes");
            }
            if (poll() == 0) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
    }

    Done load(const std::string &path) {
        uint64_t job = 0;
        require(es_submit_load(mSession, path.c_str(), &job));
        return wait(job);
    }

    std::vector<Verdict> checkFiles(const std::vector<std::string> &paths) {
        const Done done = wait(submitCheckFiles(paths));
        if (done.status != ES_OK) {
            throw std::runtime_error(done.sentence);
        }
        return decodeCheck(done.result, paths.size());
    }

    uint64_t submitCheckFiles(const std::vector<std::string> &paths) {
        std::string joined;
        for (const std::string &path : paths) {
            joined += path + '\0';
        }
        uint64_t job = 0;
        require(es_submit_check_files(mSession, joined.data(), joined.size(), static_cast<uint32_t>(paths.size()), &job));
        return job;
    }

    std::vector<Verdict> checkHeaders(const std::vector<uint8_t> &headers, uint32_t stride,
                                      const std::vector<uint32_t> &lengths) {
        uint64_t job = 0;
        require(es_submit_check_headers(mSession, headers.data(), stride, lengths.data(),
                                        static_cast<uint32_t>(lengths.size()), &job));
        const Done done = wait(job);
        if (done.status != ES_OK) {
            throw std::runtime_error(done.sentence);
        }
        return decodeCheck(done.result, lengths.size());
    }

    static void require(es_status status) {
        if (status != ES_OK) {
            throw std::runtime_error("status " + std::to_string(status) + ": " + lastError());
        }
    }

private:
    uint32_t poll() {
        es_event events[64];
        std::string text(1 << 16, '\0');
        uint32_t count = 0;
        require(es_poll(mSession, events, 64, &count, text.data(), text.size()));
        for (uint32_t i = 0; i < count; ++i) {
            mPending.push_back({events[i], text.substr(events[i].text_offset, events[i].text_length)});
        }
        return count;
    }

    es_session *mSession = nullptr;
    std::vector<Event> mPending;
};
