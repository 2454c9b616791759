#include "summaries.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "../bpf/event.h"
#include "failure.h"
#include "per_cpu_counts.h"

namespace tcpaccept {

namespace {

// Of one system call: what its two arrays take is small, and a bucket of the kernel's holds far fewer.
constexpr size_t kBatchRows = 256;

[[noreturn]] void fail(int error) {
  throw Failure("ERR_INTERNAL", "summaries", error, std::string("the summaries cannot be read: ") + strerror(error));
}

}  // namespace

// Where rows go, and how many there are by now.
struct Summaries::Rows {
  tcpaccept_summary* into;
  size_t capacity;
  size_t count;

  size_t room() const { return capacity - count; }
};

Summaries::Summaries(accept_bpf* programs) : programs_(programs), seen_idle_(libbpf_num_possible_cpus()) {}

bool Summaries::turn() {
  if (!is_empty_) return false;
  uint32_t* turn = const_cast<uint32_t*>(&programs_->bss->summary_turn);
  __atomic_store_n(turn, *turn + 1, __ATOMIC_SEQ_CST);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  is_empty_ = false;
  seen_idle_.assign(libbpf_num_possible_cpus(), false);
  return true;
}

size_t Summaries::drain(uint8_t* into, size_t capacity_bytes) {
  if (is_empty_ || !is_quiet()) return 0;
  Rows rows = {reinterpret_cast<tcpaccept_summary*>(into), capacity_bytes / sizeof(tcpaccept_summary), 0};
  auto& maps = programs_->maps;
  const bool set_0 = programs_->bss->summary_turn & 1;  // it is the turn of the other
  is_empty_ = move_all(set_0 ? maps.by_peer_0 : maps.by_peer_1, TCPACCEPT_SUMMARY_PEER, rows) &&
              move_all(set_0 ? maps.by_prefix_0 : maps.by_prefix_1, TCPACCEPT_SUMMARY_PREFIX, rows) &&
              move_all(set_0 ? maps.by_listener_0 : maps.by_listener_1, TCPACCEPT_SUMMARY_LISTENER, rows) &&
              move_rest(rows);
  for (size_t row = 0; row < rows.count; row++) programs_->bss->summarized_accepts += rows.into[row].counts.accepts;
  return rows.count;
}

bool Summaries::is_quiet() {
  if (seen_idle_.empty()) return true;
  std::vector<PerCpuCounts> cpus(seen_idle_.size());
  const uint32_t zero = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(programs_->maps.counters), &zero, cpus.data()) < 0) fail(errno);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  for (size_t cpu = 0; cpu < cpus.size(); cpu++) {
    if (cpus[cpu].summarizing == 0) seen_idle_[cpu] = true;
  }
  if (std::find(seen_idle_.begin(), seen_idle_.end(), false) != seen_idle_.end()) return false;
  seen_idle_.clear();
  return true;
}

// True when the map is empty, false when there was no room for the rest. The kernel takes out whole buckets.
bool Summaries::move_all(bpf_map* map, uint8_t level, Rows& rows) {
  std::vector<tcpaccept_summary_key> keys(std::min(rows.room(), kBatchRows));
  std::vector<tcpaccept_summary_counts> counts(keys.size());
  while (rows.room() > 0) {
    uint32_t next_bucket;
    uint32_t taken = std::min(rows.room(), keys.size());
    const int error = -bpf_map_lookup_and_delete_batch(bpf_map__fd(map), nullptr, &next_bucket, keys.data(),
                                                       counts.data(), &taken, nullptr);
    // ENOENT: that was the last bucket. ENOSPC: there is less room than the first bucket needs.
    if (error == ENOSPC && rows.count > 0) return false;
    if (error && error != ENOENT) fail(error);
    for (uint32_t i = 0; i < taken; i++) {
      rows.into[rows.count++] = {.key = keys[i], .counts = counts[i], .level = level, .padding = {}};
    }
    if (error == ENOENT) return true;
  }
  return false;
}

bool Summaries::move_rest(Rows& rows) {
  if (rows.room() == 0) return false;
  const int map = bpf_map__fd(programs_->maps.by_nothing);
  const uint32_t slot = (programs_->bss->summary_turn & 1) ^ 1;
  const tcpaccept_summary_counts none = {};
  tcpaccept_summary row = {.key = {}, .counts = {}, .level = TCPACCEPT_SUMMARY_NOTHING, .padding = {}};
  if (bpf_map_lookup_elem(map, &slot, &row.counts) < 0) fail(errno);
  if (row.counts.accepts == 0) return true;
  if (bpf_map_update_elem(map, &slot, &none, BPF_ANY) < 0) fail(errno);
  rows.into[rows.count++] = row;
  return true;
}

}  // namespace tcpaccept
