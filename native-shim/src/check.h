/*
 * check.h - the verdict on many engines at once: open, read the header, stat, ask the runtime.
 */
#pragma once

#include "engine_shim.h"
#include "jobs.h"
#include "logs.h"
#include "readAhead.h"
#include "runtime.h"

#include <cstdint>
#include <vector>

namespace engine_shim {

/* More than any header so far (64) by far; a runtime that wants more is refused when it is loaded. */
constexpr int64_t maxHeaderBytes = 64 * 1024;

/*
 * runtime: nullptr: only read. ahead: nullptr: nobody reads the files ahead. Leaves the records and their text in the job's
 * result. Throws Failure.
 */
void checkFiles(const FileList &files, HeadReader::Heads *ahead, const Runtime *runtime, int maxSeverity, Job &job);
void checkHeaders(const std::vector<uint8_t> &headers, uint32_t stride, const std::vector<uint32_t> &lengths,
                  const Runtime *runtime, int maxSeverity, Job &job);

/* Drops every line. */
LogSink &silentLogSink() noexcept;

} // namespace engine_shim
