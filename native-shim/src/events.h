/*
 * events.h - the bounded ring of events between the shim's threads and the one caller that polls.
 */
#pragma once

#include "engine_shim.h"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace engine_shim {

/* Nanoseconds of the monotonic clock. */
int64_t monotonicNow() noexcept;

/*
 * When nobody polls in time, new events are dropped and counted: chatter (information lines, steps) from three quarters
 * of the bounds on, so that errors and phases of the same job still find room; DONE always. The count stands in the ring
 * as a LOST event at the place where the dropped ones would have been.
 */
class EventRing {
public:
    static constexpr size_t maxEvents = 16384;
    static constexpr size_t maxTextBytes = 4u << 20;

    /* job, code, a, b: as in es_event. May allocate; when it cannot, the event counts as lost. */
    void push(es_event_kind kind, uint64_t job, int32_t code, int64_t a, int64_t b, std::string_view text) noexcept;

    uint32_t poll(es_event *events, uint32_t capacity, char *text, uint64_t textSize) noexcept;

private:
    struct Entry {
        es_event event;
        std::string text;
    };

    bool hasRoom(es_event_kind kind, int32_t code, size_t textBytes) const noexcept;
    void countLost() noexcept;

    std::mutex mMutex;
    std::deque<Entry> mEntries;
    size_t mTextBytes = 0;
    uint64_t mLostUnrecorded = 0; /* lost while even a LOST event could not be allocated */
};

} // namespace engine_shim
