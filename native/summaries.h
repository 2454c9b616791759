#ifndef TCPACCEPT_SUMMARIES_H
#define TCPACCEPT_SUMMARIES_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "programs.h"

namespace tcpaccept {

// Reads what the programs counted instead of recording. The rules, and why nothing is lost or doubled: bpf/summary.h.
//
// All it knows beside the maps is how far it is with one set, and it begins with the one whose turn it is not: a reader
// that takes over from one that died reads again what that had not settled.
class Summaries {
 public:
  // `programs` outlives this. With `keeps` rows stay in the kernel until they are settled; else until they are drained.
  Summaries(accept_bpf* programs, bool keeps);

  // Gives the turn to the other set; false while that is not empty yet, which drain() and settle() see to.
  bool turn();
  // Rows of tcpaccept_summary of the set that is not added to, as many as `capacity_bytes` hold; returns how many. None
  // may mean that a program is still adding to it: the next call looks again. Read again they have the same order.
  size_t drain(uint8_t* into, size_t capacity_bytes);
  // All that was drained was told of: where rows are kept, empties the set if it was drained to its end.
  void settle();
  // Which set it is, by the turn it was added to, and when that began and ended, CLOCK_BOOTTIME.
  static constexpr size_t kEnded = 3;
  void ended(uint64_t into[kEnded]) const;

 private:
  struct Rows;

  uint64_t read(Rows& rows);
  bool is_quiet();
  bool is_set_0() const { return programs_->bss->summary_turn & 1; }  // it is the turn of the other
  bpf_map* map_of(uint8_t level) const;
  bool copy_all(bpf_map* map, uint8_t level, Rows& rows);
  static bool move_all(bpf_map* map, uint8_t level, Rows& rows);
  bool copy_rest(Rows& rows) const;
  void clear_rest();
  void empty();

  accept_bpf* programs_;
  const bool keeps_;
  std::vector<bool> seen_idle_;  // CPUs without a mark since the turn; empty once that was all of them
  bool is_empty_ = false;
  // How far the set was read, how many accepts that were, and whether it was all.
  uint8_t level_ = 0;
  uint32_t bucket_ = 0;
  bool is_inside_map_ = false;
  uint64_t read_accepts_ = 0;
  bool is_read_ = false;
};

}  // namespace tcpaccept

#endif
