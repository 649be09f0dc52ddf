#include "sha256.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define ES_SHA_X64 1
#include <immintrin.h>
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
/* clang-cl is both: only Microsoft's own compiler takes every instruction everywhere. */
#if defined(_MSC_VER) && !defined(__clang__)
#define ES_TARGET_SHA
#else
#define ES_TARGET_SHA __attribute__((target("sha,sse4.1,ssse3")))
#endif
#endif

namespace engine_shim {

namespace {

/* FIPS 180-4, 4.2.2 */
alignas(16) constexpr uint32_t roundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

uint32_t rotateRight(uint32_t value, int bits) noexcept { return (value >> bits) | (value << (32 - bits)); }

void compressPortable(uint32_t *state, const uint8_t *blocks, size_t count) {
    for (; count > 0; --count, blocks += 64) {
        uint32_t schedule[64];
        for (int i = 0; i < 16; ++i) {
            schedule[i] = uint32_t{blocks[i * 4]} << 24 | uint32_t{blocks[i * 4 + 1]} << 16 |
                          uint32_t{blocks[i * 4 + 2]} << 8 | uint32_t{blocks[i * 4 + 3]};
        }
        for (int i = 16; i < 64; ++i) {
            const uint32_t before15 = schedule[i - 15];
            const uint32_t before2 = schedule[i - 2];
            schedule[i] = schedule[i - 16] + schedule[i - 7] +
                          (rotateRight(before15, 7) ^ rotateRight(before15, 18) ^ (before15 >> 3)) +
                          (rotateRight(before2, 17) ^ rotateRight(before2, 19) ^ (before2 >> 10));
        }
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (int i = 0; i < 64; ++i) {
            const uint32_t t1 = h + (rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)) +
                                ((e & f) ^ (~e & g)) + roundConstants[i] + schedule[i];
            const uint32_t t2 = (rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)) +
                                ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }
}

#if defined(ES_SHA_X64)

/* Four rounds at a time with the SHA extensions; the message schedule runs in four registers. */
ES_TARGET_SHA void compressShaExtensions(uint32_t *state, const uint8_t *blocks, size_t count) {
    const __m128i byteOrder = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i *>(state));
    __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i *>(state + 4));
    low = _mm_shuffle_epi32(low, 0xb1);   /* CDAB */
    high = _mm_shuffle_epi32(high, 0x1b); /* EFGH */
    __m128i abef = _mm_alignr_epi8(low, high, 8);
    __m128i cdgh = _mm_blend_epi16(high, low, 0xf0);

    for (; count > 0; --count, blocks += 64) {
        const __m128i abefBefore = abef;
        const __m128i cdghBefore = cdgh;
        __m128i words[4];
        for (int i = 0; i < 4; ++i) {
            words[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(blocks) + i), byteOrder);
        }
        for (int i = 0; i < 16; ++i) {
            const __m128i current = words[i & 3];
            __m128i message = _mm_add_epi32(
                current, _mm_load_si128(reinterpret_cast<const __m128i *>(roundConstants) + i));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, message);
            message = _mm_shuffle_epi32(message, 0x0e);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, message);
            if (i < 12) {
                const __m128i last = words[(i + 3) & 3];
                const __m128i middle = _mm_alignr_epi8(last, words[(i + 2) & 3], 4);
                const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(current, words[(i + 1) & 3]), middle);
                words[i & 3] = _mm_sha256msg2_epu32(sum, last);
            }
        }
        abef = _mm_add_epi32(abef, abefBefore);
        cdgh = _mm_add_epi32(cdgh, cdghBefore);
    }

    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(reinterpret_cast<__m128i *>(state), _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(reinterpret_cast<__m128i *>(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

bool hasShaExtensions() noexcept {
    constexpr uint32_t ssse3 = 1u << 9;
    constexpr uint32_t sse41 = 1u << 19;
    constexpr uint32_t sha = 1u << 29;
#if defined(_MSC_VER)
    int leaf[4];
    __cpuid(leaf, 0);
    if (leaf[0] < 7) {
        return false;
    }
    __cpuidex(leaf, 7, 0);
    const auto features = static_cast<uint32_t>(leaf[1]);
    __cpuid(leaf, 1);
    const auto basics = static_cast<uint32_t>(leaf[2]);
#else
    unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) {
        return false;
    }
    const uint32_t features = ebx;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) {
        return false;
    }
    const uint32_t basics = ecx;
#endif
    return (features & sha) != 0 && (basics & ssse3) != 0 && (basics & sse41) != 0;
}

#endif

} // namespace

Sha256::Sha256(bool portable) noexcept
    : mCompress(compressPortable),
      mState{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {
#if defined(ES_SHA_X64)
    static const bool fast = hasShaExtensions();
    if (fast && !portable) {
        mCompress = compressShaExtensions;
    }
#else
    (void)portable;
#endif
}

void Sha256::update(const void *bytes, size_t size) noexcept {
    const auto *from = static_cast<const uint8_t *>(bytes);
    mTotal += size;
    if (mBlockSize > 0) {
        const size_t taken = std::min(size, mBlock.size() - mBlockSize);
        std::memcpy(mBlock.data() + mBlockSize, from, taken);
        mBlockSize += taken;
        from += taken;
        size -= taken;
        if (mBlockSize < mBlock.size()) {
            return;
        }
        mCompress(mState.data(), mBlock.data(), 1);
        mBlockSize = 0;
    }
    const size_t blocks = size / mBlock.size();
    if (blocks > 0) {
        mCompress(mState.data(), from, blocks);
    }
    const size_t rest = size - blocks * mBlock.size();
    if (rest > 0) {
        std::memcpy(mBlock.data(), from + blocks * mBlock.size(), rest);
    }
    mBlockSize = rest;
}

Sha256::Digest Sha256::finish() noexcept {
    const uint64_t bits = mTotal * 8;
    constexpr uint8_t padding[64] = {0x80};
    const size_t padded = mBlockSize < 56 ? 56 - mBlockSize : 120 - mBlockSize;
    update(padding, padded);
    uint8_t length[8];
    for (int i = 0; i < 8; ++i) {
        length[i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
    }
    update(length, sizeof(length));
    Digest digest;
    for (size_t i = 0; i < digest.size(); ++i) {
        digest[i] = static_cast<uint8_t>(mState[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
}

} // namespace engine_shim
