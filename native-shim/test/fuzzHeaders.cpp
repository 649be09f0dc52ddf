/*
 * fuzzHeaders.cpp - a great many damaged headers through es_submit_check_headers and the real library: none may crash it.
 *
 *   fuzz_headers_1_7 LIBTENSORRT_RTX [COUNT [SEED]]      default: one million headers, seed 1
 *
 * Prints how often each answer came. The same seed gives the same headers.
 */
#include "shimClient.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

namespace {

constexpr uint32_t stride = 64;

/* A header as TensorRT-RTX writes it, of the version that this shim is for. */
std::vector<uint8_t> goodHeader() {
    std::vector<uint8_t> header(stride, 0);
    std::memcpy(header.data(), "vtrt", 4);
    header[8] = 2;
    header[16] = 0x40;
    header[24] = 1;
    header[25] = static_cast<uint8_t>(std::atoi(es_tensorrt_rtx_version() + 2));
    std::memcpy(header.data() + 28, "vtrt", 4);
    header[32] = 0x7e;
    header[56] = 0x40;
    return header;
}

class Mutator {
public:
    explicit Mutator(uint64_t seed) : mRandom(seed) {}

    /* Writes one header of stride bytes; returns how many of them count. */
    uint32_t next(uint8_t *to) {
        static const std::vector<uint8_t> good = goodHeader();
        std::copy(good.begin(), good.end(), to);
        switch (below(8)) {
        case 0: /* noise */
            std::generate(to, to + stride, [this] { return static_cast<uint8_t>(below(256)); });
            break;
        case 1: /* noise behind a good tag */
            std::generate(to + 4, to + stride, [this] { return static_cast<uint8_t>(below(256)); });
            break;
        case 2: /* one field of 8 bytes with a number from the edges */
            writeNumber(to + below(8) * 8, edge());
            break;
        case 3: /* every field from the edges, the tag good */
            for (size_t field = 8; field < stride; field += 8) {
                writeNumber(to + field, edge());
            }
            break;
        case 4: /* a few bits */
            for (size_t flips = 1 + below(8); flips > 0; --flips) {
                to[below(stride)] ^= static_cast<uint8_t>(1u << below(8));
            }
            break;
        case 5: /* any version */
            for (size_t i = 24; i < 28; ++i) {
                to[i] = static_cast<uint8_t>(below(256));
            }
            break;
        case 6: /* any targets */
            writeNumber(to + 32, (uint64_t{below(65536)} << 16 | below(65536)));
            break;
        default: /* cut short */
            return static_cast<uint32_t>(below(stride + 1));
        }
        return stride;
    }

private:
    size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(mRandom); }
    uint64_t edge() {
        static const uint64_t edges[] = {0,          1,          64,          INT32_MAX,  uint64_t{INT32_MAX} + 1,
                                         UINT32_MAX, INT64_MAX,  uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 63,
                                         13000,      13040,      140000};
        return edges[below(sizeof(edges) / sizeof(edges[0]))];
    }
    static void writeNumber(uint8_t *to, uint64_t value) { std::memcpy(to, &value, sizeof(value)); }

    std::mt19937_64 mRandom;
};

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: fuzz_headers LIBTENSORRT_RTX [COUNT [SEED]]\n");
        return 2;
    }
    const uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000000;
    const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
    try {
        Client client;
        const Done loaded = client.load(argv[1]);
        if (loaded.status != ES_OK) {
            std::fprintf(stderr, "%s\n", loaded.sentence.c_str());
            return 1;
        }
        Mutator mutator(seed);
        std::map<std::pair<int32_t, uint64_t>, uint64_t> answers;
        constexpr uint64_t batch = 20000;
        for (uint64_t done = 0; done < count; done += batch) {
            const uint64_t size = std::min(batch, count - done);
            std::vector<uint8_t> headers(size * stride);
            std::vector<uint32_t> lengths(size);
            for (uint64_t i = 0; i < size; ++i) {
                lengths[i] = mutator.next(headers.data() + i * stride);
            }
            for (const Verdict &verdict : client.checkHeaders(headers, stride, lengths)) {
                answers[{verdict.record.validity, verdict.record.diagnostics}] += 1;
            }
        }
        uint64_t total = 0;
        for (const auto &[answer, times] : answers) {
            std::printf("validity %d, diagnostics %" PRIu64 ": %" PRIu64 "\n", answer.first, answer.second, times);
            total += times;
            if (answer.first < 0 || answer.first > 2) {
                std::fprintf(stderr, "an answer that no EngineValidity has\n");
                return 1;
            }
        }
        std::printf("%" PRIu64 " headers, seed %" PRIu64 ", none crashed TensorRT-RTX\n", total, seed);
        return total == count && count > 0 ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
