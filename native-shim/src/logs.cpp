#include "logs.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace engine_shim {

namespace {

thread_local LogSink *threadSink = nullptr;

/* Held while a line is delivered, so that a scope's end waits for lines of other threads that are on their way. */
std::mutex processMutex;
std::vector<LogSink *> processSinks;

} // namespace

ThreadLogScope::ThreadLogScope(LogSink *sink) noexcept : mBefore(threadSink) { threadSink = sink; }
ThreadLogScope::~ThreadLogScope() { threadSink = mBefore; }

ProcessLogScope::ProcessLogScope(LogSink *sink) : mSink(sink) {
    const std::lock_guard<std::mutex> lock(processMutex);
    processSinks.push_back(sink);
}

ProcessLogScope::~ProcessLogScope() {
    const std::lock_guard<std::mutex> lock(processMutex);
    processSinks.erase(std::find(processSinks.begin(), processSinks.end(), mSink));
}

void routeLogLine(int severity, const char *text) noexcept {
    const std::string_view line = text == nullptr ? std::string_view() : std::string_view(text);
    if (threadSink != nullptr) {
        threadSink->line(severity, line);
        return;
    }
    const std::lock_guard<std::mutex> lock(processMutex);
    if (!processSinks.empty()) {
        processSinks.back()->line(severity, line);
    }
}

} // namespace engine_shim
