/*
 * plainWalk.cpp - the least a C++ program must do for a verdict on each engine below a folder, for the bench to compare with:
 * walk, open, read 64 bytes, fstat, getEngineValidity. Two threads: one walks and reads, the other one asks.
 *
 *   plain_walk LIBTENSORRT_RTX FOLDER
 *
 * Prints one line of JSON. Compiled against the headers of one version.
 */
#include "../../native-shim/test/plainRuntime.h"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

struct Head {
    char bytes[64];
    ssize_t length;
};

using Batch = std::vector<Head>;

} // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: plain_walk LIBTENSORRT_RTX FOLDER\n");
        return 2;
    }
    QuietLogger logger;
    const auto runtime = plainRuntime(argv[1], logger);
    if (!runtime) {
        return 1;
    }
    std::mutex mutex;
    std::condition_variable more;
    std::deque<Batch> batches;
    bool done = false;
    uint64_t bytes = 0;
    std::thread reader([&] {
        Batch batch;
        const auto pass = [&](bool last) {
            const std::lock_guard<std::mutex> lock(mutex);
            batches.push_back(std::move(batch));
            batch = Batch();
            done = last;
            more.notify_one();
        };
        for (const auto &entry : std::filesystem::recursive_directory_iterator(argv[2])) {
            if (entry.path().extension() != ".engine") {
                continue;
            }
            const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
            if (file < 0) {
                continue;
            }
            Head head;
            struct stat facts {};
            head.length = read(file, head.bytes, sizeof(head.bytes));
            if (head.length >= 0 && fstat(file, &facts) == 0) {
                bytes += static_cast<uint64_t>(facts.st_size);
                batch.push_back(head);
            }
            close(file);
            if (batch.size() == 64) {
                pass(false);
            }
        }
        pass(true);
    });
    uint64_t files = 0;
    uint64_t invalid = 0;
    for (;;) {
        Batch batch;
        {
            std::unique_lock<std::mutex> lock(mutex);
            more.wait(lock, [&] { return !batches.empty() || done; });
            if (batches.empty()) {
                break;
            }
            batch = std::move(batches.front());
            batches.pop_front();
        }
        for (const Head &head : batch) {
            uint64_t diagnostics = 0;
            const auto answer = runtime->getEngineValidity(head.bytes, head.length, &diagnostics);
            invalid += answer == nvinfer1::EngineValidity::kINVALID ? 1 : 0;
            files += 1;
        }
    }
    reader.join();
    std::printf("{\"files\":%llu,\"invalid\":%llu,\"bytes\":%llu}\n", static_cast<unsigned long long>(files),
                static_cast<unsigned long long>(invalid), static_cast<unsigned long long>(bytes));
    return 0;
}
