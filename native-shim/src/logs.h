/*
 * logs.h - to whom a line of the library belongs.
 *
 * TensorRT-RTX keeps the first ILogger it is given for the whole process, so there is one logger, and the lines are told
 * apart by thread: a job names its sink for the thread it runs on. The builder's own threads are unknown; their lines go
 * to the sink of the build that runs, which there is at most one of in a host.
 */
#pragma once

#include <string>
#include <string_view>

namespace engine_shim {

/* severity: as in ILogger, 0 internal error, 1 error, 2 warning, 3 info, 4 verbose. */
class LogSink {
public:
    virtual ~LogSink() = default;
    virtual void line(int severity, std::string_view text) noexcept = 0;
};

/* Lines of this thread go to sink until the scope ends. */
class ThreadLogScope {
public:
    explicit ThreadLogScope(LogSink *sink) noexcept;
    ~ThreadLogScope();
    ThreadLogScope(const ThreadLogScope &) = delete;
    ThreadLogScope &operator=(const ThreadLogScope &) = delete;

private:
    LogSink *const mBefore;
};

/* Lines of threads without a sink go to this one until the scope ends; the latest scope wins. */
class ProcessLogScope {
public:
    explicit ProcessLogScope(LogSink *sink);
    ~ProcessLogScope();
    ProcessLogScope(const ProcessLogScope &) = delete;
    ProcessLogScope &operator=(const ProcessLogScope &) = delete;

private:
    LogSink *const mSink;
};

/* Called by the ILogger, on any thread. A line that nobody asked for is dropped. */
void routeLogLine(int severity, const char *text) noexcept;

} // namespace engine_shim
