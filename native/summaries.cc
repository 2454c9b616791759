#include "summaries.h"

#include <bpf/bpf.h>
#include <time.h>

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

uint64_t boot_ns() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// For a reader to come these are stores in an order: what it finds after a crash between two of them must make sense.
template <typename Value>
void store(Value& into, Value value) {
  __atomic_store_n(&into, value, __ATOMIC_SEQ_CST);
}

}  // namespace

// Where rows go, and how many there are by now.
struct Summaries::Rows {
  tcpaccept_summary* into;
  size_t capacity;
  size_t count;

  size_t room() const { return capacity - count; }
};

Summaries::Summaries(accept_bpf* programs, bool keeps)
    : programs_(programs), keeps_(keeps), seen_idle_(libbpf_num_possible_cpus()) {
  auto& began = programs_->bss->turn_began_boot_ns[programs_->bss->summary_turn & 1];
  if (began == 0) began = boot_ns();
  // Who settled it may have died before it was empty.
  if (keeps_ && programs_->bss->settled_turn == programs_->bss->summary_turn) empty();
}

bool Summaries::turn() {
  if (!is_empty_) return false;
  uint32_t* turn = const_cast<uint32_t*>(&programs_->bss->summary_turn);
  store<uint64_t>(programs_->bss->turn_began_boot_ns[(*turn + 1) & 1], boot_ns());
  __atomic_store_n(turn, *turn + 1, __ATOMIC_SEQ_CST);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  is_empty_ = is_read_ = is_inside_map_ = false;
  level_ = 0;
  read_accepts_ = 0;
  seen_idle_.assign(libbpf_num_possible_cpus(), false);
  return true;
}

void Summaries::ended(uint64_t into[kEnded]) const {
  const uint32_t turn = programs_->bss->summary_turn;
  into[0] = turn - 1;
  into[1] = programs_->bss->turn_began_boot_ns[is_set_0() ? 0 : 1];
  into[2] = programs_->bss->turn_began_boot_ns[turn & 1];
}

size_t Summaries::drain(uint8_t* into, size_t capacity_bytes) {
  if (is_empty_ || is_read_ || !is_quiet()) return 0;
  Rows rows = {reinterpret_cast<tcpaccept_summary*>(into), capacity_bytes / sizeof(tcpaccept_summary), 0};
  const uint64_t accepts = read(rows);
  if (keeps_) {
    read_accepts_ += accepts;
  } else {
    is_empty_ = is_read_;
    programs_->bss->summarized_accepts += accepts;
  }
  return rows.count;
}

// Returns how many accepts the rows stand for.
uint64_t Summaries::read(Rows& rows) {
  for (; level_ < TCPACCEPT_SUMMARY_NOTHING; level_++, is_inside_map_ = false) {
    bpf_map* map = map_of(level_);
    if (!(keeps_ ? copy_all(map, level_, rows) : move_all(map, level_, rows))) break;
  }
  is_read_ = level_ == TCPACCEPT_SUMMARY_NOTHING && copy_rest(rows);
  if (is_read_ && !keeps_) clear_rest();
  uint64_t accepts = 0;
  for (size_t row = 0; row < rows.count; row++) accepts += rows.into[row].counts.accepts;
  return accepts;
}

// The turn of which it is true is one number, so a crash leaves the set settled or not, and its accepts counted so.
void Summaries::settle() {
  if (!keeps_ || !is_read_ || is_empty_) return;
  store<uint64_t>(programs_->bss->settled_accepts, programs_->bss->summarized_accepts + read_accepts_);
  store<uint32_t>(programs_->bss->settled_turn, programs_->bss->summary_turn);
  empty();
}

// The set that is settled. Deletes what a reader before this one left, too.
void Summaries::empty() {
  programs_->bss->summarized_accepts = programs_->bss->settled_accepts;
  std::vector<tcpaccept_summary> buffer(kBatchRows);
  for (uint8_t level = 0; level < TCPACCEPT_SUMMARY_NOTHING; level++) {
    bool is_all = false;
    while (!is_all) {
      Rows rows = {buffer.data(), buffer.size(), 0};
      is_all = move_all(map_of(level), level, rows);
    }
  }
  clear_rest();
  is_empty_ = true;
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

bpf_map* Summaries::map_of(uint8_t level) const {
  auto& maps = programs_->maps;
  switch (level) {
    case TCPACCEPT_SUMMARY_PEER:
      return is_set_0() ? maps.by_peer_0 : maps.by_peer_1;
    case TCPACCEPT_SUMMARY_PREFIX:
      return is_set_0() ? maps.by_prefix_0 : maps.by_prefix_1;
    default:
      return is_set_0() ? maps.by_listener_0 : maps.by_listener_1;
  }
}

// True when all of the map was read, false when there was no room for the rest. The kernel gives whole buckets.
bool Summaries::copy_all(bpf_map* map, uint8_t level, Rows& rows) {
  std::vector<tcpaccept_summary_key> keys(std::min(rows.room(), kBatchRows));
  std::vector<tcpaccept_summary_counts> counts(keys.size());
  while (rows.room() > 0) {
    uint32_t next_bucket = 0;
    uint32_t read = std::min(rows.room(), keys.size());
    const int error = -bpf_map_lookup_batch(bpf_map__fd(map), is_inside_map_ ? &bucket_ : nullptr, &next_bucket,
                                            keys.data(), counts.data(), &read, nullptr);
    // As move_all.
    if (error == ENOSPC && rows.count > 0) return false;
    if (error && error != ENOENT) fail(error);
    for (uint32_t i = 0; i < read; i++) {
      rows.into[rows.count++] = {.key = keys[i], .counts = counts[i], .level = level, .padding = {}};
    }
    if (error == ENOENT) return true;
    bucket_ = next_bucket;
    is_inside_map_ = true;
  }
  return false;
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

// What no key had room for; false when there was no room for the row.
bool Summaries::copy_rest(Rows& rows) const {
  if (rows.room() == 0) return false;
  const uint32_t slot = is_set_0() ? 0 : 1;
  tcpaccept_summary row = {.key = {}, .counts = {}, .level = TCPACCEPT_SUMMARY_NOTHING, .padding = {}};
  if (bpf_map_lookup_elem(bpf_map__fd(programs_->maps.by_nothing), &slot, &row.counts) < 0) fail(errno);
  if (row.counts.accepts > 0) rows.into[rows.count++] = row;
  return true;
}

void Summaries::clear_rest() {
  const uint32_t slot = is_set_0() ? 0 : 1;
  const tcpaccept_summary_counts none = {};
  if (bpf_map_update_elem(bpf_map__fd(programs_->maps.by_nothing), &slot, &none, BPF_ANY) < 0) fail(errno);
}

}  // namespace tcpaccept
