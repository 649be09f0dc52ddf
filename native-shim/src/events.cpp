#include "events.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace engine_shim {

int64_t monotonicNow() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool EventRing::hasRoom(es_event_kind kind, int32_t code, size_t textBytes) const noexcept {
    if (kind == ES_EVENT_DONE) {
        return true;
    }
    const bool chatter = kind == ES_EVENT_PHASE_STEP || (kind == ES_EVENT_LOG && code >= 3);
    const size_t quarters = chatter ? 3 : 4;
    return mEntries.size() < maxEvents / 4 * quarters && mTextBytes + textBytes <= maxTextBytes / 4 * quarters;
}

void EventRing::countLost() noexcept {
    if (!mEntries.empty() && mEntries.back().event.kind == ES_EVENT_LOST) {
        mEntries.back().event.a += 1;
        return;
    }
    try {
        Entry entry{};
        entry.event.kind = ES_EVENT_LOST;
        entry.event.a = static_cast<int64_t>(mLostUnrecorded) + 1;
        entry.event.time_ns = monotonicNow();
        mEntries.push_back(std::move(entry));
        mLostUnrecorded = 0;
    } catch (...) {
        mLostUnrecorded += 1;
    }
}

void EventRing::push(es_event_kind kind, uint64_t job, int32_t code, int64_t a, int64_t b,
                     std::string_view text) noexcept {
    const int64_t now = monotonicNow();
    const std::lock_guard<std::mutex> lock(mMutex);
    if (!hasRoom(kind, code, text.size())) {
        countLost();
        return;
    }
    try {
        Entry entry{};
        entry.event.kind = static_cast<uint32_t>(kind);
        entry.event.code = code;
        entry.event.job = job;
        entry.event.a = a;
        entry.event.b = b;
        entry.event.time_ns = now;
        try {
            entry.text.assign(text);
        } catch (...) {
            /* A DONE without its sentence is better than a job that never ends. */
            if (kind != ES_EVENT_DONE) {
                throw;
            }
        }
        const size_t bytes = entry.text.size();
        mEntries.push_back(std::move(entry));
        mTextBytes += bytes;
    } catch (...) {
        countLost();
    }
}

uint32_t EventRing::poll(es_event *events, uint32_t capacity, char *text, uint64_t textSize) noexcept {
    const std::lock_guard<std::mutex> lock(mMutex);
    const uint64_t usable = std::min<uint64_t>(textSize, UINT32_MAX);
    uint64_t used = 0;
    uint32_t count = 0;
    while (count < capacity && !mEntries.empty()) {
        const Entry &entry = mEntries.front();
        uint64_t length = entry.text.size();
        if (length > usable - used) {
            if (length <= usable || used > 0) {
                break; /* stays for the next poll, which offers more room */
            }
            length = usable;
        }
        es_event &event = events[count];
        event = entry.event;
        event.text_offset = static_cast<uint32_t>(used);
        event.text_length = static_cast<uint32_t>(length);
        if (length > 0) {
            std::memcpy(text + used, entry.text.data(), length);
        }
        used += length;
        mTextBytes -= entry.text.size();
        mEntries.pop_front();
        count += 1;
    }
    return count;
}

} // namespace engine_shim
