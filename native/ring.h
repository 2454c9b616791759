#ifndef TCPACCEPT_RING_H
#define TCPACCEPT_RING_H

#include <cstddef>
#include <cstdint>

namespace tcpaccept {

// A reader of a BPF ring buffer through its own mapping: libbpf's calls back for every record, this one copies them.
class Ring {
 public:
  // `bytes` is the map's max_entries. Throws Failure.
  Ring(int map_fd, size_t bytes, size_t record_bytes);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Copies records while `capacity` bytes hold them, returns how many. Throws Failure on a record of another size.
  size_t drain(uint8_t* into, size_t capacity);
  // Gives back the space of the oldest records that were drained. Throws Failure when those are fewer.
  void release(uint64_t records);
  // Records produced and not yet drained.
  uint64_t pending_records() const;
  // How much of it is taken by what was not given back, 0 to 1.
  double fill() const;
  // Records whose space was given back since the ring was made, by every reader it had.
  uint64_t released_records() const;

 private:
  size_t stride_bytes() const { return (record_bytes_ + 8 + 7) & ~size_t{7}; }  // with its header, aligned
  uint64_t producer_position() const;
  // The kernel offers the data twice in a row, so that no record wraps. Every mapped page counts as resident, touched
  // or not, and a record that begins at the very end needs one page of the second time.
  size_t producer_mapping_bytes() const { return page_bytes_ + bytes_ + page_bytes_; }

  size_t bytes_;
  size_t record_bytes_;
  size_t page_bytes_;
  uint64_t* consumer_position_;  // what the kernel may overwrite lies before it
  uint64_t read_position_ = 0;   // at or after it
  uint8_t* producer_page_;       // followed by the data and its first page once more
};

}  // namespace tcpaccept

#endif
