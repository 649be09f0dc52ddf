/*
 * engineWriter.h - the finished plan into a new file, with the SHA-256 of what went there.
 *
 * The plan comes from buildSerializedNetwork and not through IStreamWriter: measured with 1.4 to 1.7, the way through the
 * stream takes a buffer of 64 MB on top and otherwise the same memory.
 */
#pragma once

#include "failure.h"
#include "platform.h"
#include "progress.h"
#include "sha256.h"

#include <algorithm>

namespace engine_shim {

/* Throws Failure with ES_FILE_ERROR. A cancelled job stops it early; the caller looks for that. */
inline Sha256::Digest writeEngine(NewFile &file, const void *plan, size_t size, const Job &job,
                                  ProgressMonitor &progress) {
    /* A piece is still in the processor's cache when it is written after it was hashed, and a cancel is heard soon. */
    constexpr size_t pieceBytes = 1u << 20;
    constexpr const char *phase = "Writing the engine";
    const auto *from = static_cast<const uint8_t *>(plan);
    const size_t pieces = (size + pieceBytes - 1) / pieceBytes;
    Sha256 hash;
    progress.phaseStart(phase, nullptr, static_cast<int32_t>(std::min<size_t>(pieces, INT32_MAX)));
    for (size_t i = 0; i < pieces && !job.isCancelled(); ++i) {
        const size_t length = std::min(pieceBytes, size - i * pieceBytes);
        hash.update(from + i * pieceBytes, length);
        if (const int32_t error = file.write(from + i * pieceBytes, length)) {
            throw Failure(ES_FILE_ERROR, "Cannot write " + file.path() + ": " + systemErrorText(error) + ".");
        }
        progress.stepComplete(phase, static_cast<int32_t>(i));
    }
    progress.phaseFinish(phase);
    return hash.finish();
}

} // namespace engine_shim
