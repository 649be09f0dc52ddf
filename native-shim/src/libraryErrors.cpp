#include "libraryErrors.h"

#include <array>
#include <cctype>

namespace engine_shim {

namespace {

char lower(char c) noexcept { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/* part is in lower case. */
size_t findIgnoringCase(std::string_view text, std::string_view part, size_t from = 0) noexcept {
    for (size_t i = from; i + part.size() <= text.size(); ++i) {
        size_t same = 0;
        while (same < part.size() && lower(text[i + same]) == part[same]) {
            same += 1;
        }
        if (same == part.size()) {
            return i;
        }
    }
    return std::string_view::npos;
}

} // namespace

CudaStatus cudaNumberIn(std::string_view line) noexcept {
    constexpr std::array<std::string_view, 5> beginnings = {"cuda failure", "cudaerror", "cuda error",
                                                            "cuda runtime error", "cuda initialization failure with error"};
    /* What may stand between the words and the number. */
    constexpr std::string_view between = " \t:=(#";
    constexpr std::array<std::string_view, 3> fillers = {"code", "number", "t"};
    for (const std::string_view beginning : beginnings) {
        for (size_t at = findIgnoringCase(line, beginning); at != std::string_view::npos;
             at = findIgnoringCase(line, beginning, at + 1)) {
            /* The line number in "[checkMacros.cpp::catchCudaError::229]" is none of CUDA's. */
            if (at > 0 && std::isalpha(static_cast<unsigned char>(line[at - 1])) != 0) {
                continue;
            }
            size_t i = at + beginning.size();
            for (bool skipped = true; skipped;) {
                skipped = false;
                while (i < line.size() && between.find(line[i]) != std::string_view::npos) {
                    i += 1;
                }
                for (const std::string_view filler : fillers) {
                    if (findIgnoringCase(line.substr(i, filler.size()), filler) == 0) {
                        i += filler.size();
                        skipped = true;
                        break;
                    }
                }
            }
            CudaStatus number = 0;
            for (size_t digits = 0; digits < 5 && i < line.size() && line[i] >= '0' && line[i] <= '9'; ++digits, ++i) {
                number = number * 10 + (line[i] - '0');
            }
            if (number != 0) {
                return number;
            }
        }
    }
    return 0;
}

bool tellsOutOfMemory(std::string_view line) noexcept {
    constexpr auto none = std::string_view::npos;
    return findIgnoringCase(line, "outofmemory") != none || findIgnoringCase(line, "out of memory") != none ||
           findIgnoringCase(line, "out_of_memory") != none ||
           (findIgnoringCase(line, "memory") != none && findIgnoringCase(line, "could not be allocated") != none);
}

void LibraryErrors::line(int severity, std::string_view text) noexcept {
    mNext.line(severity, text);
    if (severity > 1) {
        return;
    }
    const std::lock_guard<std::mutex> lock(mMutex);
    try {
        if (mFirst.empty()) {
            mFirst.assign(text);
        }
    } catch (...) {
        /* the line went on all the same */
    }
    if (mCuda == 0) {
        mCuda = cudaNumberIn(text);
    }
    mOutOfMemory = mOutOfMemory || tellsOutOfMemory(text);
}

void LibraryErrors::reset() noexcept {
    const std::lock_guard<std::mutex> lock(mMutex);
    mFirst.clear();
    mCuda = 0;
    mOutOfMemory = false;
}

CudaFailure LibraryErrors::failure(const std::string &otherwise, CudaStatus known) const {
    const std::lock_guard<std::mutex> lock(mMutex);
    const CudaStatus cuda = mCuda != 0 ? mCuda : known;
    const bool isMemory = cuda == cudaOutOfMemory || (cuda == 0 && mOutOfMemory);
    const es_status status = isMemory ? ES_GPU_OUT_OF_MEMORY : cuda != 0 ? ES_CUDA_FAILED : ES_RUNTIME_FAILED;
    std::string sentence = otherwise;
    if (!mFirst.empty()) {
        sentence += ": " + mFirst;
    } else if (cuda != 0) {
        sentence += ": CUDA error " + std::to_string(cuda);
    }
    if (sentence.empty() || sentence.back() != '.') {
        sentence += '.';
    }
    return CudaFailure(status, sentence, cuda);
}

} // namespace engine_shim
