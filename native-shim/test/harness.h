/*
 * harness.h - as much of a test framework as these tests need: TEST(name) { ... CHECK(...) }, one line for each test, a last
 * line "N passed, N failed", and a failing exit code also when there was nothing to run.
 */
#pragma once

#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace harness {

struct TestCase {
    const char *name;
    std::function<void()> body;
};

inline std::vector<TestCase> &testCases() {
    static std::vector<TestCase> cases;
    return cases;
}

struct Registration {
    Registration(const char *name, std::function<void()> body) { testCases().push_back({name, std::move(body)}); }
};

class CheckFailed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

template <typename T> std::string show(const T &value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

inline void fail(const char *file, int line, const std::string &what) {
    throw CheckFailed(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

template <typename A, typename B>
void checkEqual(const A &actual, const B &expected, const char *text, const char *file, int line) {
    if (!(actual == expected)) {
        fail(file, line, std::string(text) + " is " + show(actual) + ", not " + show(expected));
    }
}

inline void checkContains(const std::string &text, const std::string &part, const char *file, int line) {
    if (text.find(part) == std::string::npos) {
        fail(file, line, "\"" + part + "\" is not in \"" + text + "\"");
    }
}

/* With an argument: only the tests whose names contain it. */
inline int run(int argc, char **argv) {
    int passed = 0;
    int failed = 0;
    for (const TestCase &test : testCases()) {
        if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) {
            continue;
        }
        std::string why;
        try {
            test.body();
        } catch (const std::exception &error) {
            why = error.what();
        }
        if (why.empty()) {
            passed += 1;
            std::printf("ok      %s\n", test.name);
        } else {
            failed += 1;
            std::printf("FAILED  %s\n        %s\n", test.name, why.c_str());
        }
        std::fflush(stdout);
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return passed > 0 && failed == 0 ? 0 : 1;
}

} // namespace harness

#define HARNESS_JOIN_OF(a, b) a##b
#define HARNESS_JOIN(a, b) HARNESS_JOIN_OF(a, b)
#define HARNESS_TEST(name, function)                                                                                    \
    static void function();                                                                                             \
    static const harness::Registration HARNESS_JOIN(function, Registration)(name, function);                            \
    static void function()
#define TEST(name) HARNESS_TEST(name, HARNESS_JOIN(testLine, __LINE__))
#define CHECK(condition)                                                                                                \
    do {                                                                                                                \
        if (!(condition)) {                                                                                             \
            harness::fail(__FILE__, __LINE__, #condition);                                                              \
        }                                                                                                               \
    } while (false)
#define CHECK_EQUAL(actual, expected) harness::checkEqual((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_CONTAINS(text, part) harness::checkContains((text), (part), __FILE__, __LINE__)
