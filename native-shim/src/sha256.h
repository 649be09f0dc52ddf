/*
 * sha256.h - SHA-256 as the bytes come, with the processor's own instructions where it has them.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace engine_shim {

class Sha256 {
public:
    using Digest = std::array<uint8_t, 32>;

    /* portable: do not use the processor's instructions; for tests. */
    explicit Sha256(bool portable = false) noexcept;

    void update(const void *bytes, size_t size) noexcept;
    /* The object is spent afterwards. */
    Digest finish() noexcept;

private:
    using Compress = void (*)(uint32_t *state, const uint8_t *blocks, size_t count);

    Compress mCompress;
    std::array<uint32_t, 8> mState;
    std::array<uint8_t, 64> mBlock{};
    size_t mBlockSize = 0;
    uint64_t mTotal = 0;
};

} // namespace engine_shim
