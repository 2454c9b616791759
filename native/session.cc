#include "session.h"

#include <bpf/bpf.h>

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "../bpf/end.h"
#include "../bpf/event.h"
#include "failure.h"
#include "iterator.h"
#include "libbpf_log.h"
#include "per_cpu_counts.h"
#include "pinned_session.h"

namespace tcpaccept {

static_assert(Session::kCounters == TCPACCEPT_COUNTERS + 4 + TCPACCEPT_CONNECTION_COUNTERS + 2);

namespace {

std::unique_ptr<Ring> map_ring(const bpf_map* map, size_t record_bytes) {
  // libbpf may have rounded the size up to pages and a power of two.
  return std::make_unique<Ring>(bpf_map__fd(map), bpf_map__max_entries(map), record_bytes);
}

uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

template <typename Counts>
std::vector<Counts> counts_of_cpus(const bpf_map* map) {
  std::vector<Counts> cpus(libbpf_num_possible_cpus());
  const uint32_t zero = 0;
  const int error = -bpf_map_lookup_elem(bpf_map__fd(map), &zero, cpus.data());
  if (error) {
    throw Failure(error == EPERM ? "ERR_BPF_PERMISSION" : "ERR_INTERNAL", "counters", error,
                  std::string("the kernel's counters cannot be read: ") + strerror(error));
  }
  return cpus;
}

template <typename Counts>
void add_counts(const Counts& cpu, uint64_t* into) {
  for (size_t i = 0; i < std::size(cpu.counts); i++) into[i] += cpu.counts[i];
}

}  // namespace

Session::Session(const Settings& settings) {
  LibbpfLog log;
  try {
    open(settings);
  } catch (Failure& failure) {
    if (failure.log.empty()) failure.log = log.text();
    close();
    throw;
  }
}

void Session::open(const Settings& settings) {
  if (!settings.pin_directory.empty()) pins_ = std::make_unique<PinDirectory>(settings.pin_directory, true);
  was_found_ = pins_ && pins_->has_session();
  if (was_found_) assert_pinned_settings(*pins_, settings.pinned_settings);
  attachments_ = std::make_unique<Attachments>(settings.hook, was_found_ ? pins_.get() : nullptr);
  is_pinned_ = was_found_;
  programs_ = load_programs(settings, was_found_ ? pins_.get() : nullptr);
  ring_ = map_ring(programs_->maps.ring, sizeof(tcpaccept_event));
  if (settings.connections) ends_ = map_ring(programs_->maps.ends, sizeof(tcpaccept_end));
  released_before_ = ring_->released_records();
  if (settings.summaries != 0) summaries_ = std::make_unique<Summaries>(programs_.get(), pins_ != nullptr);
  summarized_before_ = programs_->bss->summarized_accepts;
  if (was_found_) {
    attachments_->open_pinned(programs_.get(), *pins_);
    return;
  }
  programs_->bss->loaded_monotonic_ns = monotonic_ns();
  attachments_->attach(programs_.get(), settings.connections);
  if (pins_) pin(settings.pinned_settings);
}

void Session::pin(const std::string& settings) {
  pins_->begin();
  pin_maps(pins_.get(), programs_.get(), settings);
  attachments_->pin(pins_.get());
  pins_->finish();
  is_pinned_ = true;
}

bool Session::settle() { return attachments_->settle(programs_.get(), is_pinned_ ? pins_.get() : nullptr); }

uint32_t Session::host_pid() {
  programs_->bss->located_pid = 0;
  if (bpf_program__fd(programs_->progs.locate_process) >= 0) run_to_end(programs_->progs.locate_process);
  return programs_->bss->located_pid;
}

void Session::origin(uint64_t into[kOrigin]) const {
  into[0] = was_found_;
  into[1] = programs_->bss->loaded_monotonic_ns;
  into[2] = released_before_;
  into[3] = summarized_before_;
}

void Session::read_notes(uint64_t into[TCPACCEPT_NOTES]) const {
  memcpy(into, programs_->bss->reader_notes, sizeof(programs_->bss->reader_notes));
}

void Session::write_notes(const uint64_t from[TCPACCEPT_NOTES]) {
  memcpy(programs_->bss->reader_notes, from, sizeof(programs_->bss->reader_notes));
}

double Session::ring_fill() const { return ring_->fill(); }

void Session::set_overloaded(bool overloaded) { programs_->bss->overloaded = overloaded; }

int Session::open_doorbell() {
  std::vector<int> rings{bpf_map__fd(programs_->maps.ring)};
  if (ends_) rings.push_back(bpf_map__fd(programs_->maps.ends));
  doorbell_ = std::make_unique<Doorbell>(rings);
  return doorbell_->take_read_end();
}

void Session::set_reader_sleeps(bool sleeps) {
  programs_->bss->reader_sleeps = sleeps;
  if (sleeps) doorbell_->arm();
}

bool Session::turn_summaries() { return summaries_ && summaries_->turn(); }

size_t Session::drain_summaries(uint8_t* into, size_t capacity_bytes) {
  return summaries_ ? summaries_->drain(into, capacity_bytes) : 0;
}

void Session::settle_summaries() {
  if (summaries_) summaries_->settle();
}

void Session::ended_summaries(uint64_t into[Summaries::kEnded]) const {
  if (summaries_) summaries_->ended(into);
}

size_t Session::drain_ends(uint8_t* into, size_t capacity_bytes) {
  if (!ends_) return 0;
  const size_t count = ends_->drain(into, capacity_bytes);
  ends_->release(count);
  return count;
}

void Session::counters(uint64_t into[kCounters]) const {
  memset(into, 0, kCounters * sizeof(uint64_t));
  into[TCPACCEPT_COUNTERS] = programs_->bss->settled_misses + attachments_->missed();
  into[TCPACCEPT_COUNTERS + 1] = attachments_->skipped_changes();
  for (const PerCpuCounts& cpu : counts_of_cpus<PerCpuCounts>(programs_->maps.counters)) {
    add_counts(cpu, into);
    into[TCPACCEPT_COUNTERS + 1] += cpu.unstamped;
  }
  into[TCPACCEPT_COUNTERS + 2] = ring_->pending_records();
  into[TCPACCEPT_COUNTERS + 3] = into[TCPACCEPT_AGGREGATED] - programs_->bss->summarized_accepts;
  if (ends_) connection_counters(into + TCPACCEPT_COUNTERS + 4);
}

void Session::connection_counters(uint64_t* into) const {
  const bpf_map* map = programs_->maps.connection_counters;
  for (const PerCpuConnectionCounts& cpu : counts_of_cpus<PerCpuConnectionCounts>(map)) add_counts(cpu, into);
  const uint64_t gone = into[TCPACCEPT_CONNECTIONS_FORGOTTEN] + into[TCPACCEPT_CONNECTIONS_CLOSED_EARLY] +
                        into[TCPACCEPT_ENDS_RING_FULL] + into[TCPACCEPT_ENDS_SUBMITTED];
  // Read while others count: an end may be among them whose accept is not.
  into[TCPACCEPT_CONNECTION_COUNTERS] = std::max(into[TCPACCEPT_CONNECTIONS], gone) - gone;
  into[TCPACCEPT_CONNECTION_COUNTERS + 1] = ends_->pending_records();
}

void Session::detach() {
  if (is_pinned_) pins_->remove_all();
  is_pinned_ = false;
  attachments_->detach();
}

void Session::abandon() {
  if (is_pinned_ && !was_found_) detach();
  close();
}

void Session::close() {
  if (is_pinned_ && attachments_) attachments_->leave();
  attachments_.reset();
  summaries_.reset();
  doorbell_.reset();
  ends_.reset();
  ring_.reset();
  programs_.reset();
  pins_.reset();
}

}  // namespace tcpaccept
