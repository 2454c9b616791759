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

Ring::Ring(int map_fd, size_t bytes) : bytes_(bytes), page_bytes_(sysconf(_SC_PAGESIZE)) {
  void* consumer = mmap(nullptr, page_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED) fail("consumer page");
  void* producer = mmap(nullptr, page_bytes_ + 2 * bytes_, PROT_READ, MAP_SHARED, map_fd, page_bytes_);
  if (producer == MAP_FAILED) {
    munmap(consumer, page_bytes_);
    fail("data");
  }
  consumer_position_ = static_cast<uint64_t*>(consumer);
  producer_page_ = static_cast<uint8_t*>(producer);
}

Ring::~Ring() {
  munmap(consumer_position_, page_bytes_);
  munmap(producer_page_, page_bytes_ + 2 * bytes_);
}

size_t Ring::drain(uint8_t* into, size_t capacity, size_t record_bytes) {
  const uint8_t* data = producer_page_ + page_bytes_;
  const auto* producer_position = reinterpret_cast<const uint64_t*>(producer_page_);
  uint64_t consumer = __atomic_load_n(consumer_position_, __ATOMIC_RELAXED);
  const uint64_t producer = __atomic_load_n(producer_position, __ATOMIC_ACQUIRE);
  size_t records = 0;

  while (consumer < producer && (records + 1) * record_bytes <= capacity) {
    const uint8_t* header = data + (consumer & (bytes_ - 1));
    const uint32_t word = __atomic_load_n(reinterpret_cast<const uint32_t*>(header), __ATOMIC_ACQUIRE);
    if (word & BPF_RINGBUF_BUSY_BIT) break;
    const uint32_t length = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
      memcpy(into + records * record_bytes, header + BPF_RINGBUF_HDR_SZ, record_bytes);
      records++;
    }
    consumer += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7ULL;
  }
  __atomic_store_n(consumer_position_, consumer, __ATOMIC_RELEASE);
  return records;
}

uint64_t Ring::pending_bytes() const {
  const uint64_t consumer = __atomic_load_n(consumer_position_, __ATOMIC_ACQUIRE);
  return __atomic_load_n(reinterpret_cast<const uint64_t*>(producer_page_), __ATOMIC_ACQUIRE) - consumer;
}

}  // namespace tcpaccept
