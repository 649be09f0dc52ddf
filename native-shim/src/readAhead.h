/*
 * readAhead.h - reads the heads of the files of check jobs before the jobs' turn, on one thread for all jobs of a session:
 * reading waits for the disk and asking for the driver, so the two pass each other by. Who asks and would have to wait
 * reads some files as well.
 */
#pragma once

#include "platform.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace engine_shim {

/* What every TensorRT-RTX so far has, and what is read where none is loaded. */
constexpr uint32_t usualHeaderBytes = 64;

/* Each path ends with a NUL. */
struct FileList {
    std::string paths;
    uint32_t count = 0;
};

class HeadReader {
    struct Batch;

public:
    using Read = std::function<FileHead(const char *path, uint8_t *buffer, uint32_t capacity)>;

    /* Fewer files are read faster than a thread is woken. */
    static constexpr uint32_t leastFiles = 64;
    /* A header far larger than any so far is not worth the memory of holding many. */
    static constexpr uint32_t mostHeaderBytes = 1024;
    /* So many files are read ahead of those who ask, of all jobs together. */
    static constexpr uint32_t mostAhead = 16384;

    /* The heads of one job's files, for the thread that runs the job. Whoever destroys them ends their reading. */
    class Heads {
    public:
        Heads(HeadReader &reader, std::shared_ptr<Batch> batch) noexcept : mReader(reader), mBatch(std::move(batch)) {}
        ~Heads();
        Heads(const Heads &) = delete;
        Heads &operator=(const Heads &) = delete;

        /* Before the first head. False: they are not read ahead after all, and the caller reads them. */
        bool begin(uint32_t headerBytes) noexcept;
        /* One after the other: waits for the index-th and copies its bytes. What it returns holds until the next call. */
        const FileHead &next(uint32_t index, uint8_t *bytes) noexcept;

    private:
        HeadReader &mReader;
        const std::shared_ptr<Batch> mBatch;
        uint32_t mKnown = 0; /* heads that are there and need no lock */
    };

    /* read: a stand-in in tests. */
    explicit HeadReader(Read read = readFileHead) : mRead(std::move(read)) {}
    /* After all Heads. Waits for the file that is being read. */
    ~HeadReader();
    HeadReader(const HeadReader &) = delete;
    HeadReader &operator=(const HeadReader &) = delete;

    /* For the jobs that are submitted from now on. */
    void setHeaderBytes(uint32_t bytes) noexcept;
    /* In the order of the jobs. nullptr: the job reads its files itself. The thread starts with the first that it reads. */
    std::shared_ptr<Heads> submit(const std::shared_ptr<const FileList> &files) noexcept;

private:
    void loop() noexcept;
    /* Under the lock, which reading lets go of. */
    void read(Batch &batch, std::unique_lock<std::mutex> &lock) noexcept;
    /* The same for the next few files of it. */
    void readStep(Batch &batch, std::unique_lock<std::mutex> &lock) noexcept;
    void letGo(Batch &batch) noexcept;

    const Read mRead;
    std::mutex mMutex;
    std::condition_variable mWake; /* the reader: files, room, the end */
    std::condition_variable mMore; /* who asks: heads */
    std::deque<std::shared_ptr<Batch>> mQueue;
    std::shared_ptr<Batch> mReading;
    uint32_t mHeaderBytes = usualHeaderBytes;
    uint32_t mAhead = 0; /* files that were read and not asked about yet */
    bool mInFile = false; /* the reader reads, without the mutex */
    bool mStop = false;
    Thread mThread;
};

} // namespace engine_shim
