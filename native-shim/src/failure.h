/*
 * failure.h - how a failure travels inside the shim: one exception type with the status and the sentence the caller
 * will see. It never leaves the shim; api.cpp and jobs.cpp turn it into an es_status.
 */
#pragma once

#include "engine_shim.h"

#include <exception>
#include <string>
#include <utility>

namespace engine_shim {

class Failure : public std::exception {
public:
    Failure(es_status status, std::string sentence) : mStatus(status), mSentence(std::move(sentence)) {}

    es_status status() const noexcept { return mStatus; }
    const std::string &sentence() const noexcept { return mSentence; }
    /* CUDA's number where a CUDA call failed, else 0. */
    virtual int32_t cuda() const noexcept { return 0; }
    const char *what() const noexcept override { return mSentence.c_str(); }

private:
    es_status mStatus;
    std::string mSentence;
};

} // namespace engine_shim
