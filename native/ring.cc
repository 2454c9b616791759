#include "ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "failure.h"

namespace tcpaccept {

namespace {

[[noreturn]] void fail(const char* what) {
  throw Failure("ERR_BPF_LOAD", "ring", errno,
                std::string("the ring's ") + what + " cannot be mapped: " + strerror(errno));
}

}  // namespace

Ring::Ring(int map_fd, size_t bytes, size_t record_bytes)
    : bytes_(bytes), record_bytes_(record_bytes), page_bytes_(sysconf(_SC_PAGESIZE)) {
  void* consumer = mmap(nullptr, page_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED) fail("consumer page");
  void* producer = mmap(nullptr, producer_mapping_bytes(), PROT_READ, MAP_SHARED, map_fd, page_bytes_);
  if (producer == MAP_FAILED) {
    munmap(consumer, page_bytes_);
    fail("data");
  }
  consumer_position_ = static_cast<uint64_t*>(consumer);
  producer_page_ = static_cast<uint8_t*>(producer);
  read_position_ = __atomic_load_n(consumer_position_, __ATOMIC_RELAXED);
}

Ring::~Ring() {
  munmap(consumer_position_, page_bytes_);
  munmap(producer_page_, producer_mapping_bytes());
}

size_t Ring::drain(uint8_t* into, size_t capacity) {
  const uint8_t* data = producer_page_ + page_bytes_;
  const uint64_t producer = producer_position();
  size_t records = 0;

  while (read_position_ < producer && (records + 1) * record_bytes_ <= capacity) {
    const uint8_t* header = data + (read_position_ & (bytes_ - 1));
    const uint32_t word = __atomic_load_n(reinterpret_cast<const uint32_t*>(header), __ATOMIC_ACQUIRE);
    if (word & BPF_RINGBUF_BUSY_BIT) break;
    // The programs discard none: records and bytes of the ring are the same count in two units.
    if (word != record_bytes_) {
      throw Failure("ERR_INTERNAL", "ring", 0, "the ring holds a record of " + std::to_string(word) + " bytes");
    }
    memcpy(into + records * record_bytes_, header + BPF_RINGBUF_HDR_SZ, record_bytes_);
    records++;
    read_position_ += stride_bytes();
  }
  return records;
}

void Ring::release(uint64_t records) {
  const uint64_t position = *consumer_position_ + records * stride_bytes();
  if (position > read_position_) {
    throw Failure("ERR_INTERNAL", "ring", 0,
                  std::to_string(records) + " records cannot be released: fewer were drained");
  }
  __atomic_store_n(consumer_position_, position, __ATOMIC_RELEASE);
}

uint64_t Ring::producer_position() const {
  return __atomic_load_n(reinterpret_cast<const uint64_t*>(producer_page_), __ATOMIC_ACQUIRE);
}

uint64_t Ring::pending_records() const { return (producer_position() - read_position_) / stride_bytes(); }

double Ring::fill() const { return static_cast<double>(producer_position() - *consumer_position_) / bytes_; }

uint64_t Ring::released_records() const { return *consumer_position_ / stride_bytes(); }

}  // namespace tcpaccept
