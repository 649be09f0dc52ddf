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
    struct Step {
        uint32_t first = 0;
        uint32_t end = 0;
        const char *path = nullptr;
    };

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

    /* The next files that nobody reads yet, with their first path. */
    Step claim() noexcept {
        const Step step{claimed, std::min(claimed + readAtOnce, files->count), path};
        for (; claimed < step.end; ++claimed) {
            path += std::strlen(path) + 1;
        }
        return step;
    }
    bool hasRoom() const noexcept { return std::min(claimed + readAtOnce, files->count) - taken <= places; }
    /* Without the mutex: of files that were claimed nobody else writes the heads. */
    void fill(const Step &step, const Read &read) noexcept {
        const char *each = step.path;
        for (uint32_t i = step.first; i < step.end && !isLetGo; ++i) {
            const uint32_t place = i % places;
            heads[place] = read(each, bytesAt(place), headerBytes);
            each += std::strlen(each) + 1;
        }
    }
    /* How many more are ready now. Two threads read, so what is done before its turn is always in one piece. */
    uint32_t tell(const Step &step) noexcept {
        if (step.first != ready) {
            early.first = early.first == early.end ? step.first : early.first;
            early.end = step.end;
            return 0;
        }
        const uint32_t before = ready;
        ready = step.end;
        if (early.first == ready && early.end > ready) {
            ready = early.end;
        }
        if (early.first < ready) {
            early = Step{};
        }
        return ready - before;
    }

    const std::shared_ptr<const FileList> files;
    const uint32_t headerBytes;
    State state = State::waiting;
    std::atomic<bool> isLetGo{false}; /* set under the mutex */
    uint32_t claimed = 0;             /* heads that were read, or are being read */
    const char *path = files->paths.data(); /* of the next one */
    uint32_t ready = 0; /* heads that were read, without a gap */
    Step early;         /* heads that were read behind a gap */
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
    lock.lock();
    batch.state = hasPlaces ? Batch::State::reading : Batch::State::outOfMemory;
    mMore.notify_one();
    while (hasPlaces && batch.claimed < count) {
        mWake.wait(lock, [&] {
            return mStop || batch.isLetGo || batch.claimed >= count ||
                   (mAhead + readAtOnce <= mostAhead && batch.hasRoom());
        });
        if (mStop || batch.isLetGo) {
            return;
        }
        if (batch.claimed < count) {
            mInFile = true;
            readStep(batch, lock);
            mInFile = false;
        }
    }
}

void HeadReader::readStep(Batch &batch, std::unique_lock<std::mutex> &lock) noexcept {
    const Batch::Step step = batch.claim();
    lock.unlock();
    batch.fill(step, mRead);
    lock.lock();
    if (!batch.isLetGo) {
        mAhead += batch.tell(step);
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
            return mBatch->state != Batch::State::waiting ||
                   (mReader.mInFile && mReader.mReading != nullptr && mReader.mReading->isLetGo);
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
        /* Who would only wait reads as well, once: then the reader has the files before these. */
        if (batch.ready <= index && batch.claimed < batch.files->count && batch.hasRoom()) {
            mReader.readStep(batch, lock);
        }
        mReader.mMore.wait(lock, [&] { return batch.ready > index; });
        mKnown = std::min(batch.ready, index + takenAtOnce);
    }
    const uint32_t place = index % batch.places;
    const FileHead &head = batch.heads[place];
    std::memcpy(bytes, batch.bytesAt(place), head.length);
    return head;
}

} // namespace engine_shim
