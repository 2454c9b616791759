#ifndef TCPACCEPT_RING_H
#define TCPACCEPT_RING_H

#include <cstddef>
#include <cstdint>

namespace tcpaccept {

// A reader of a BPF ring buffer through its own mapping: libbpf's calls back for every record, this one copies them.
class Ring {
 public:
  // `bytes` is the map's max_entries. Throws Failure.
  Ring(int map_fd, size_t bytes);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Copies records of exactly `record_bytes` while `capacity` bytes hold them, gives their space back, returns how
  // many.
  size_t drain(uint8_t* into, size_t capacity, size_t record_bytes);
  // Bytes produced and not yet given back, record headers included.
  uint64_t pending_bytes() const;

 private:
  size_t bytes_;
  size_t page_bytes_;
  uint64_t* consumer_position_;
  uint8_t* producer_page_;  // followed by the data, mapped twice so that no record wraps
};

}  // namespace tcpaccept

#endif
