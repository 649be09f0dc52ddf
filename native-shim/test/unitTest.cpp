/*
 * unitTest.cpp - the parts of the shim that can be tested without TensorRT-RTX: event ring, SHA-256, lanes.
 */
#include "events.h"
#include "failure.h"
#include "harness.h"
#include "jobs.h"
#include "sha256.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using engine_shim::EventRing;
using engine_shim::Failure;
using engine_shim::Job;
using engine_shim::Lane;
using engine_shim::Outcome;
using engine_shim::Sha256;

namespace {

struct Polled {
    std::vector<es_event> events;
    std::vector<std::string> texts;
};

Polled pollAll(EventRing &ring, uint32_t capacity = 256, uint64_t textSize = 65536) {
    Polled all;
    std::vector<es_event> events(capacity);
    std::string text(textSize, '\0');
    while (const uint32_t count = ring.poll(events.data(), capacity, text.data(), text.size())) {
        for (uint32_t i = 0; i < count; ++i) {
            all.events.push_back(events[i]);
            all.texts.push_back(text.substr(events[i].text_offset, events[i].text_length));
        }
    }
    return all;
}

std::string hex(const Sha256::Digest &digest) {
    std::string text;
    for (const uint8_t byte : digest) {
        char digits[3];
        std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned int>(byte));
        text += digits;
    }
    return text;
}

std::string sha256(const std::string &bytes, bool portable, size_t piece) {
    Sha256 hash(portable);
    for (size_t i = 0; i < bytes.size(); i += piece) {
        hash.update(bytes.data() + i, std::min(piece, bytes.size() - i));
    }
    return hex(hash.finish());
}

} // namespace

TEST("events come out in order with their texts") {
    EventRing ring;
    ring.push(ES_EVENT_LOG, 7, 3, 0, 0, "one");
    ring.push(ES_EVENT_PHASE_START, 7, 5, 1, -1, "two");
    ring.push(ES_EVENT_DONE, 7, ES_OK, 24, 0, "");
    const Polled all = pollAll(ring);
    CHECK_EQUAL(all.events.size(), 3U);
    CHECK_EQUAL(all.texts[0], "one");
    CHECK_EQUAL(all.texts[1], "two");
    CHECK_EQUAL(all.events[1].b, -1);
    CHECK_EQUAL(all.events[2].a, 24);
    CHECK(all.events[0].time_ns <= all.events[2].time_ns);
}

TEST("a text that does not fit any more stays for the next poll") {
    EventRing ring;
    ring.push(ES_EVENT_LOG, 1, 3, 0, 0, "12345678");
    ring.push(ES_EVENT_LOG, 1, 3, 0, 0, "abcdefgh");
    es_event events[4];
    char text[10];
    CHECK_EQUAL(ring.poll(events, 4, text, sizeof(text)), 1U);
    CHECK_EQUAL(ring.poll(events, 4, text, sizeof(text)), 1U);
    CHECK_EQUAL(std::string(text, events[0].text_length), "abcdefgh");
}

TEST("a text longer than the whole buffer is cut") {
    EventRing ring;
    ring.push(ES_EVENT_LOG, 1, 3, 0, 0, "12345678");
    es_event events[4];
    char text[4];
    CHECK_EQUAL(ring.poll(events, 4, text, sizeof(text)), 1U);
    CHECK_EQUAL(std::string(text, events[0].text_length), "1234");
    ring.push(ES_EVENT_LOG, 1, 3, 0, 0, "x");
    CHECK_EQUAL(ring.poll(events, 4, nullptr, 0), 1U);
    CHECK_EQUAL(events[0].text_length, 0U);
}

TEST("what does not fit into the ring is counted in its place, DONE is never lost") {
    EventRing ring;
    constexpr int pushed = static_cast<int>(EventRing::maxEvents) * 2;
    for (int i = 0; i < pushed; ++i) {
        ring.push(ES_EVENT_LOG, 1, 1, i, 0, "line");
    }
    for (int i = 0; i < 100; ++i) {
        ring.push(ES_EVENT_DONE, static_cast<uint64_t>(i), ES_OK, 0, 0, "");
    }
    const Polled all = pollAll(ring);
    int64_t logs = 0;
    int64_t lost = 0;
    int64_t done = 0;
    for (const es_event &event : all.events) {
        logs += event.kind == ES_EVENT_LOG ? 1 : 0;
        lost += event.kind == ES_EVENT_LOST ? event.a : 0;
        done += event.kind == ES_EVENT_DONE ? 1 : 0;
    }
    CHECK_EQUAL(done, 100);
    CHECK(lost > 0);
    CHECK_EQUAL(logs + lost, pushed);
    CHECK_EQUAL(all.events[static_cast<size_t>(logs)].kind, static_cast<uint32_t>(ES_EVENT_LOST));
    ring.push(ES_EVENT_LOG, 1, 3, 0, 0, "again");
    CHECK_EQUAL(pollAll(ring).texts.at(0), "again");
}

TEST("chatter leaves room for errors") {
    EventRing ring;
    for (size_t i = 0; i < EventRing::maxEvents * 2; ++i) {
        ring.push(ES_EVENT_PHASE_STEP, 1, 0, 1, 0, "");
    }
    ring.push(ES_EVENT_LOG, 1, 1, 0, 0, "the reason");
    CHECK_EQUAL(pollAll(ring).texts.back(), "the reason");
}

TEST("the texts in the ring are bounded too") {
    EventRing ring;
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 64; ++i) {
        ring.push(ES_EVENT_LOG, 1, 1, 0, 0, megabyte);
    }
    const Polled all = pollAll(ring, 256, 1 << 21);
    CHECK_EQUAL(all.events.size(), 5U); /* four lines and the count of the others */
    CHECK_EQUAL(all.events.back().a, 60);
}

TEST("several threads may push while one polls") {
    EventRing ring;
    constexpr int each = 20000;
    std::atomic<int> running{4};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&ring, &running] {
            for (int i = 0; i < each; ++i) {
                ring.push(ES_EVENT_LOG, 1, 1, 0, 0, "some text");
            }
            running -= 1;
        });
    }
    int64_t seen = 0;
    for (bool last = false; !last;) {
        last = running == 0;
        for (const es_event &event : pollAll(ring).events) {
            seen += event.kind == ES_EVENT_LOST ? event.a : 1;
        }
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    CHECK_EQUAL(seen, 4 * each);
}

TEST("SHA-256 of the standard's examples") {
    for (const bool portable : {false, true}) {
        CHECK_EQUAL(sha256("", portable, 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        CHECK_EQUAL(sha256("abc", portable, 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK_EQUAL(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", portable, 7),
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        CHECK_EQUAL(sha256(std::string(1000000, 'a'), portable, 4096),
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

TEST("SHA-256 is the same by both ways and in any pieces") {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) {
        bytes += static_cast<char>(i * 31 + i / 7);
    }
    for (size_t length = 0; length < 260; ++length) {
        const std::string part = bytes.substr(0, length);
        CHECK_EQUAL(sha256(part, false, 61), sha256(part, true, 200));
    }
}

TEST("a lane runs jobs in order and turns exceptions into outcomes") {
    std::mutex mutex;
    std::vector<std::pair<uint64_t, es_status>> finished;
    {
        Lane lane("test", [&](const std::shared_ptr<Job> &job, const Outcome &outcome) {
            const std::lock_guard<std::mutex> lock(mutex);
            finished.emplace_back(job->id(), outcome.status);
        });
        std::atomic<bool> go{false};
        lane.submit(std::make_shared<Job>(1, [&](Job &) {
            while (!go) {
                std::this_thread::yield();
            }
        }));
        lane.submit(std::make_shared<Job>(2, [](Job &) { throw Failure(ES_FILE_ERROR, "x"); }));
        lane.submit(std::make_shared<Job>(3, [](Job &) { throw std::bad_alloc(); }));
        lane.submit(std::make_shared<Job>(4, [](Job &) { throw std::runtime_error("x"); }));
        lane.submit(std::make_shared<Job>(5, [](Job &) { throw 5; }));
        lane.submit(std::make_shared<Job>(6, [](Job &) {}));
        lane.submit(std::make_shared<Job>(7, [](Job &) {}));
        CHECK(lane.cancel(7));
        CHECK(!lane.cancel(99));
        go = true;
        for (;;) {
            const std::lock_guard<std::mutex> lock(mutex);
            if (finished.size() == 7) {
                break;
            }
        }
    }
    const std::vector<std::pair<uint64_t, es_status>> expected = {
        {7, ES_CANCELLED}, {1, ES_OK},       {2, ES_FILE_ERROR}, {3, ES_OUT_OF_MEMORY},
        {4, ES_INTERNAL},  {5, ES_INTERNAL}, {6, ES_OK}};
    CHECK(finished == expected);
}

TEST("a job that is cancelled while it waits lets go of what its work holds") {
    std::atomic<bool> go{false};
    Lane lane("test", [](const std::shared_ptr<Job> &, const Outcome &) {});
    lane.submit(std::make_shared<Job>(1, [&](Job &) {
        while (!go) {
            std::this_thread::yield();
        }
    }));
    auto paths = std::make_shared<std::string>("paths");
    const std::weak_ptr<std::string> held = paths;
    const auto job = std::make_shared<Job>(2, [kept = std::move(paths)](Job &) {});
    lane.submit(job);
    const bool isHeld = !held.expired();
    const bool isCancelled = lane.cancel(2);
    go = true;
    CHECK(isHeld && isCancelled);
    CHECK(held.expired());
}

TEST("a lane that is stopped cancels what waits and what runs") {
    std::atomic<int> cancelled{0};
    {
        Lane lane("test", [&](const std::shared_ptr<Job> &, const Outcome &outcome) {
            cancelled += outcome.status == ES_CANCELLED ? 1 : 0;
        });
        for (uint64_t i = 0; i < 3; ++i) {
            lane.submit(std::make_shared<Job>(i, [](Job &job) {
                for (;;) {
                    job.stopIfCancelled();
                    std::this_thread::yield();
                }
            }));
        }
    }
    CHECK_EQUAL(cancelled.load(), 3);
}

int main(int argc, char **argv) { return harness::run(argc, argv); }
