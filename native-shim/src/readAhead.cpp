#include "readAhead.h"

#include <algorithm>
#include <cstring>

namespace engine_shim {

namespace {

/* Waking somebody for every file would cost more than reading it. */
constexpr uint32_t readAtOnce = 16;
static_assert(HeadReader::mostAhead % readAtOnce == 0, "the room is used up in whole steps");
/* Room for the reader is made in such steps. */
constexpr uint32_t takenAtOnce = 256;

} // namespace

/* The files of one job. What changes is guarded by the reader's mutex, where nothing else is said. */
struct HeadReader::Batch {
    enum class State { waiting, reading, outOfMemory };

    Batch(std::shared_ptr<const FileList> theseFiles, uint32_t size) : files(std::move(theseFiles)), headerBytes(size) {}

    /* The reader's, before it tells of the first head. */
    bool allocate() noexcept {
        try {
            places = std::min(files->count, mostAhead);
            heads.resize(places);
            bytes.resize(size_t{places} * headerBytes);
            return true;
        } catch (...) {
            return false;
        }
    }
    uint8_t *bytesAt(uint32_t place) noexcept { return bytes.data() + size_t{place} * headerBytes; }

    const std::shared_ptr<const FileList> files;
    const uint32_t headerBytes;
    State state = State::waiting;
    std::atomic<bool> isLetGo{false}; /* set under the mutex */
    uint32_t ready = 0;               /* heads that were read */
    uint32_t taken = 0;               /* those of them that were asked about */

    /* A ring: the index-th head is in place index % places. Those from taken to ready are not written. */
    uint32_t places = 0;
    std::vector<FileHead> heads;
    std::vector<uint8_t> bytes;
};

HeadReader::~HeadReader() {
    {
        const std::lock_guard<std::mutex> lock(mMutex);
        mStop = true;
        mWake.notify_one();
    }
    mThread.join();
}

void HeadReader::setHeaderBytes(uint32_t bytes) noexcept {
    const std::lock_guard<std::mutex> lock(mMutex);
    mHeaderBytes = bytes;
}

std::shared_ptr<HeadReader::Heads> HeadReader::submit(const std::shared_ptr<const FileList> &files) noexcept {
    if (files->count < leastFiles) {
        return nullptr;
    }
    try {
        const std::lock_guard<std::mutex> lock(mMutex);
        if (mHeaderBytes > mostHeaderBytes) {
            return nullptr;
        }
        auto batch = std::make_shared<Batch>(files, mHeaderBytes);
        if (!mThread.isRunning()) {
            mThread.start("check-read", [this] { loop(); });
        }
        auto heads = std::make_shared<Heads>(*this, batch);
        mQueue.push_back(std::move(batch));
        mWake.notify_one();
        return heads;
    } catch (...) {
        /* No memory, no thread: it is slower without. */
        return nullptr;
    }
}

void HeadReader::loop() noexcept {
    std::unique_lock<std::mutex> lock(mMutex);
    for (;;) {
        mWake.wait(lock, [this] { return mStop || (!mQueue.empty() && mAhead < mostAhead); });
        if (mStop) {
            return;
        }
        mReading = std::move(mQueue.front());
        mQueue.pop_front();
        read(*mReading, lock);
        std::shared_ptr<Batch> done = std::move(mReading);
        lock.unlock();
        done.reset(); /* where the job is gone, so is now what was read for it */
        lock.lock();
    }
}

void HeadReader::read(Batch &batch, std::unique_lock<std::mutex> &lock) noexcept {
    lock.unlock();
    const bool hasPlaces = batch.allocate();
    const uint32_t count = batch.files->count;
    const char *path = batch.files->paths.data();
    lock.lock();
    batch.state = hasPlaces ? Batch::State::reading : Batch::State::outOfMemory;
    mMore.notify_one();
    while (hasPlaces && batch.ready < count) {
        mWake.wait(lock, [&] { return mStop || batch.isLetGo || mAhead + readAtOnce <= mostAhead; });
        if (mStop || batch.isLetGo) {
            return;
        }
        const uint32_t first = batch.ready;
        const uint32_t end = std::min(first + readAtOnce, count);
        lock.unlock();
        for (uint32_t i = first; i < end && !batch.isLetGo; ++i) {
            const uint32_t place = i % batch.places;
            batch.heads[place] = mRead(path, batch.bytesAt(place), batch.headerBytes);
            path += std::strlen(path) + 1;
        }
        lock.lock();
        if (batch.isLetGo) {
            return;
        }
        batch.ready = end;
        mAhead += end - first;
        mMore.notify_one();
    }
}

void HeadReader::letGo(Batch &batch) noexcept {
    if (batch.isLetGo) {
        return;
    }
    batch.isLetGo = true;
    mAhead -= batch.ready - batch.taken;
    const auto waiting =
        std::find_if(mQueue.begin(), mQueue.end(), [&batch](const auto &other) { return other.get() == &batch; });
    if (waiting != mQueue.end()) {
        mQueue.erase(waiting);
    }
    mWake.notify_one();
    mMore.notify_one();
}

HeadReader::Heads::~Heads() {
    const std::lock_guard<std::mutex> lock(mReader.mMutex);
    mReader.letGo(*mBatch);
}

bool HeadReader::Heads::begin(uint32_t headerBytes) noexcept {
    std::unique_lock<std::mutex> lock(mReader.mMutex);
    if (mBatch->headerBytes == headerBytes) {
        /* Nobody waits for a file that hangs in a job that was cancelled. */
        mReader.mMore.wait(lock, [this] {
            return mBatch->state != Batch::State::waiting || (mReader.mReading != nullptr && mReader.mReading->isLetGo);
        });
        if (mBatch->state == Batch::State::reading) {
            return true;
        }
    }
    mReader.letGo(*mBatch);
    return false;
}

const FileHead &HeadReader::Heads::next(uint32_t index, uint8_t *bytes) noexcept {
    Batch &batch = *mBatch;
    if (index >= mKnown) {
        std::unique_lock<std::mutex> lock(mReader.mMutex);
        mReader.mAhead -= index - batch.taken;
        batch.taken = index;
        mReader.mWake.notify_one();
        mReader.mMore.wait(lock, [&] { return batch.ready > index; });
        mKnown = std::min(batch.ready, index + takenAtOnce);
    }
    const uint32_t place = index % batch.places;
    const FileHead &head = batch.heads[place];
    std::memcpy(bytes, batch.bytesAt(place), head.length);
    return head;
}

} // namespace engine_shim
