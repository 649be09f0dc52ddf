/*
 * runClient.h - inspections and runs as a test likes them, with as much of a JSON reader as their reports need.
 */
#pragma once

#include "shimClient.h"

#include <memory>

/* The first value behind "key": from the given place on; numbers only. */
inline double numberIn(const std::string &json, const std::string &key, size_t from = 0) {
    const std::string wanted = "\"" + key + "\":";
    const size_t at = json.find(wanted, from);
    if (at == std::string::npos) {
        throw std::runtime_error(key + " is not in " + json);
    }
    const std::string rest = json.substr(at + wanted.size(), 40);
    char *end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    if (end == rest.c_str()) {
        throw std::runtime_error(key + " is no number in " + json);
    }
    return value;
}

struct Inspected {
    Done done;
    std::string report;
    std::string layers;
};

struct Ran {
    Done done;
    std::string report;
    std::vector<es_run_sample> samples;

    /* Where an attempt begins in the report. */
    size_t attempt(size_t index) const {
        size_t at = report.find("\"attempts\"");
        for (size_t i = 0; i <= index; ++i) {
            at = report.find("\"budgetAsked\"", at + 1);
        }
        return at;
    }
    double number(const std::string &key, size_t attemptIndex = 0) const {
        return numberIn(report, key, attempt(attemptIndex));
    }
};

inline Inspected readInspected(Done done) {
    Inspected inspected;
    inspected.done = std::move(done);
    const auto &result = inspected.done.result;
    if (!result.empty()) {
        const auto head = inspected.done.as<es_inspect_result>();
        const char *bytes = reinterpret_cast<const char *>(result.data());
        inspected.report.assign(bytes + sizeof(head), head.report_length);
        inspected.layers.assign(bytes + sizeof(head) + head.report_length, head.layers_length);
    }
    return inspected;
}

inline Inspected inspect(Client &client, const std::string &engine, uint32_t flags = 0,
                         const std::vector<int64_t> &budgets = {}) {
    uint64_t job = 0;
    Client::require(es_submit_inspect(client.get(), engine.c_str(), flags, budgets.data(),
                                      static_cast<uint32_t>(budgets.size()), &job));
    return readInspected(client.wait(job));
}

class Request {
public:
    explicit Request(const std::string &engine) {
        Client::require(es_run_create(&mRun));
        Client::require(es_run_set_engine(mRun, engine.c_str()));
        options.warm_up = 2;
        options.iterations = 20;
        options.max_samples = 100000;
        options.streams = 1;
    }
    ~Request() { es_run_destroy(mRun); }
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;

    Request &input(const std::string &name, const std::vector<int64_t> &shape, const std::string &path) {
        Client::require(
            es_run_add_input(mRun, name.c_str(), shape.data(), static_cast<uint32_t>(shape.size()), path.c_str()));
        return *this;
    }
    Request &budget(int64_t bytes) {
        Client::require(es_run_add_budget(mRun, bytes));
        return *this;
    }
    Request &cache(const std::string &path) {
        Client::require(es_run_set_runtime_cache(mRun, path.c_str()));
        return *this;
    }
    Request &outputs(const std::string &path) {
        Client::require(es_run_set_output_folder(mRun, path.c_str()));
        return *this;
    }

    uint64_t submit(Client &client) const {
        uint64_t job = 0;
        Client::require(es_submit_run(client.get(), mRun, &options, &job));
        return job;
    }
    Ran run(Client &client, const std::function<void(const Event &)> &seen = nullptr) const {
        return read(client.wait(submit(client), seen));
    }
    static Ran read(Done done) {
        Ran ran;
        ran.done = std::move(done);
        const auto &result = ran.done.result;
        if (!result.empty()) {
            const auto head = ran.done.as<es_run_result>();
            ran.report.assign(reinterpret_cast<const char *>(result.data()) + sizeof(head), head.report_length);
            ran.samples.resize(head.sample_count);
            if (head.sample_count > 0) {
                std::memcpy(ran.samples.data(), result.data() + head.samples_offset,
                            head.sample_count * sizeof(es_run_sample));
            }
        }
        return ran;
    }

    es_run *get() const { return mRun; }
    es_run_options options{};

private:
    es_run *mRun = nullptr;
};
