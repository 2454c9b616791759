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
// that takes over from one that died goes on where that stopped.
class Summaries {
 public:
  // `programs` outlives this.
  explicit Summaries(accept_bpf* programs);

  // Gives the turn to the other set; false while that is not empty yet, which drain() sees to.
  bool turn();
  // Moves rows of tcpaccept_summary out of the set that is not added to, as many as `capacity_bytes` hold; returns how
  // many. None may mean that a program is still adding to it: the next call looks again.
  size_t drain(uint8_t* into, size_t capacity_bytes);

 private:
  struct Rows;

  bool is_quiet();
  static bool move_all(bpf_map* map, uint8_t level, Rows& rows);
  bool move_rest(Rows& rows);

  accept_bpf* programs_;
  std::vector<bool> seen_idle_;  // CPUs without a mark since the turn; empty once that was all of them
  bool is_empty_ = false;
};

}  // namespace tcpaccept

#endif
