#include "session.h"

#include <bpf/bpf.h>

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <sstream>
#include <string>

#include "../bpf/end.h"
#include "../bpf/event.h"
#include "failure.h"
#include "libbpf_log.h"
#include "per_cpu_counts.h"
#include "pinned_session.h"

namespace tcpaccept {

static_assert(Session::kCounters == TCPACCEPT_COUNTERS + 4 + TCPACCEPT_CONNECTION_COUNTERS + 2);

namespace {

bool watches_states(const Link& link) {
  return link.program() == "socket_state_changed" || link.program() == "connection_ended";
}

std::unique_ptr<Ring> map_ring(const bpf_map* map, size_t record_bytes) {
  // libbpf may have rounded the size up to pages and a power of two.
  return std::make_unique<Ring>(bpf_map__fd(map), bpf_map__max_entries(map), record_bytes);
}

struct LinkDestroyer {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

// Runs an iterator over everything it lists.
void run_to_end(bpf_program* iterator) {
  std::unique_ptr<bpf_link, LinkDestroyer> link(bpf_program__attach_iter(iterator, nullptr));
  if (!link) {
    throw Failure("ERR_BPF_LOAD", "iterator", errno,
                  std::string("the task iterator cannot be attached: ") + strerror(errno));
  }
  FileDescriptor run(bpf_iter_create(bpf_link__fd(link.get())));
  char nothing[64];
  while (run && read(run.get(), nothing, sizeof(nothing)) > 0) {
  }
}

// Last attached, first detached: what records come from ends before what they are completed from.
void detach_all(const std::vector<LinkPointer>& links) {
  for (auto link = links.rbegin(); link != links.rend(); ++link) (*link)->detach();
}

void leave_all(const std::vector<LinkPointer>& links) {
  for (const LinkPointer& link : links) link->leave();
}

LinkPointer attach_program(const bpf_program* program, const char* what) {
  return std::make_unique<Link>(program, bpf_program__attach(program), what);
}

LinkPointer attach_to_event(bpf_program* program, FileDescriptor event, const char* what) {
  return std::make_unique<Link>(program, std::move(event), what);
}

uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// Adds up what each CPU counted.
template <typename Counts>
void add_counts(const bpf_map* map, uint64_t* into) {
  std::vector<Counts> cpus(libbpf_num_possible_cpus());
  const uint32_t zero = 0;
  const int error = -bpf_map_lookup_elem(bpf_map__fd(map), &zero, cpus.data());
  if (error) {
    throw Failure(error == EPERM ? "ERR_BPF_PERMISSION" : "ERR_INTERNAL", "counters", error,
                  std::string("the kernel's counters cannot be read: ") + strerror(error));
  }
  for (const Counts& cpu : cpus) {
    for (size_t i = 0; i < std::size(cpu.counts); i++) into[i] += cpu.counts[i];
  }
}

std::string link_name(const std::string& program) { return "link_" + program; }

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
  // First: where the kernel has no kprobes, nothing need be loaded to find that out.
  if (settings.hook == "kretprobe") {
    kretprobe_ =
        was_found_ ? std::make_unique<KretprobeEvent>(pins_->note_of("kretprobe")) : std::make_unique<KretprobeEvent>();
  }
  is_pinned_ = was_found_;
  programs_ = load_programs(settings, was_found_ ? pins_.get() : nullptr);
  ring_ = map_ring(programs_->maps.ring, sizeof(tcpaccept_event));
  if (settings.connections) ends_ = map_ring(programs_->maps.ends, sizeof(tcpaccept_end));
  released_before_ = ring_->released_records();
  if (settings.summaries != 0) summaries_ = std::make_unique<Summaries>(programs_.get(), pins_ != nullptr);
  summarized_before_ = programs_->bss->summarized_accepts;
  if (was_found_) {
    open_pinned_links();
    return;
  }
  programs_->bss->loaded_monotonic_ns = monotonic_ns();
  attach(settings.hook);
  if (pins_) pin(settings.pinned_settings);
}

// Queue stamps, own connections and ends first, so that the first record already has them. Beside a function hook the
// system calls' exits come first and the list of sleepers last: bpf/asleep.h.
void Session::attach(const std::string& hook) {
  links_.push_back(attach_program(programs_->progs.socket_state_changed, "inet_sock_set_state"));
  if (ends_) links_.push_back(attach_program(programs_->progs.connection_ended, "inet_sock_set_state"));
  if (hook == "syscall") {
    attach_syscall_exits(links_);
    attach_io_uring();
    return;
  }
  attach_syscall_exits(settling_links_);
  programs_->bss->settling = true;
  attach_function(hook);
  run_to_end(programs_->progs.list_asleep);
}

void Session::attach_function(const std::string& hook) {
  if (hook == "fexit") {
    links_.push_back(attach_program(programs_->progs.accept_fexit, "fexit on inet_csk_accept"));
    return;
  }
  links_.push_back(attach_to_event(programs_->progs.accept_kretprobe, kretprobe_->open(), "kretprobe"));
}

void Session::attach_syscall_exits(Links& links) {
  const Tracefs tracefs;
  links.push_back(attach_to_event(programs_->progs.accept_syscall, tracefs.open_event("syscalls", "sys_exit_accept"),
                                  "sys_exit_accept"));
  links.push_back(attach_to_event(programs_->progs.accept4_syscall, tracefs.open_event("syscalls", "sys_exit_accept4"),
                                  "sys_exit_accept4"));
}

// Only those the kernel has were loaded.
void Session::attach_io_uring() {
  auto& progs = programs_->progs;
  for (bpf_program* program : {progs.io_uring_submitted, progs.io_uring_submitted_before_req, progs.io_uring_completed,
                               progs.io_uring_completed_before_cqe}) {
    if (bpf_program__fd(program) >= 0) links_.push_back(attach_program(program, "io_uring"));
  }
}

void Session::pin(const std::string& settings) {
  std::string programs;
  pins_->begin();
  pin_maps(pins_.get(), programs_.get(), settings);
  if (kretprobe_) pins_->note("kretprobe", kretprobe_->name());
  for (const LinkPointer& link : links_) {
    pins_->add(link_name(link->program()), link->fd());
    programs += (programs.empty() ? "" : ",") + link->program();
  }
  for (const LinkPointer& link : settling_links_) pins_->add(link_name(link->program()), link->fd());
  pins_->note("programs", programs);
  pins_->finish();
  is_pinned_ = true;
}

// Those of the settling, which need not be there any more, are not among the noted.
void Session::open_pinned_links() {
  std::istringstream noted(pins_->note_of("programs"));
  std::set<std::string> lasting;
  for (std::string program; std::getline(noted, program, ',');) {
    lasting.insert(program);
    links_.push_back(std::make_unique<Link>(program, pins_->open(link_name(program))));
  }
  for (const bpf_program* program : {programs_->progs.accept_syscall, programs_->progs.accept4_syscall}) {
    const std::string name = bpf_program__name(program);
    if (lasting.contains(name) || !pins_->has(link_name(name))) continue;
    settling_links_.push_back(std::make_unique<Link>(name, pins_->open(link_name(name))));
  }
  if (settling_links_.empty()) programs_->bss->settling = false;
}

bool Session::settle() {
  if (settling_links_.empty()) return true;
  uint32_t tid;
  if (bpf_map_get_next_key(bpf_map__fd(programs_->maps.asleep), nullptr, &tid) == 0) return false;
  for (const LinkPointer& link : settling_links_) {
    programs_->bss->settled_misses += link->misses();
    if (is_pinned_) pins_->remove(link_name(link->program()));
  }
  detach_all(settling_links_);
  settling_links_.clear();
  programs_->bss->settling = false;
  return true;
}

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
  add_counts<PerCpuCounts>(programs_->maps.counters, into);
  into[TCPACCEPT_COUNTERS] = missed();
  into[TCPACCEPT_COUNTERS + 1] = unstamped();
  into[TCPACCEPT_COUNTERS + 2] = ring_->pending_records();
  into[TCPACCEPT_COUNTERS + 3] = into[TCPACCEPT_AGGREGATED] - programs_->bss->summarized_accepts;
  if (ends_) connection_counters(into + TCPACCEPT_COUNTERS + 4);
}

void Session::connection_counters(uint64_t* into) const {
  add_counts<PerCpuConnectionCounts>(programs_->maps.connection_counters, into);
  const uint64_t gone = into[TCPACCEPT_CONNECTIONS_FORGOTTEN] + into[TCPACCEPT_CONNECTIONS_CLOSED_EARLY] +
                        into[TCPACCEPT_ENDS_RING_FULL] + into[TCPACCEPT_ENDS_SUBMITTED];
  // Read while others count: an end may be among them whose accept is not.
  into[TCPACCEPT_CONNECTION_COUNTERS] = std::max(into[TCPACCEPT_CONNECTIONS], gone) - gone;
  into[TCPACCEPT_CONNECTION_COUNTERS + 1] = ends_->pending_records();
}

uint64_t Session::unstamped() const {
  uint64_t total = 0;
  for (const LinkPointer& link : links_) {
    if (watches_states(*link)) total += link->misses();
  }
  return total;
}

uint64_t Session::missed() const {
  uint64_t total = programs_->bss->settled_misses + (kretprobe_ ? kretprobe_->misses() : 0);
  for (const Links* links : {&links_, &settling_links_}) {
    for (const LinkPointer& link : *links) {
      if (!watches_states(*link)) total += link->misses();
    }
  }
  return total;
}

void Session::detach() {
  if (is_pinned_) pins_->remove_all();
  is_pinned_ = false;
  detach_all(settling_links_);
  detach_all(links_);
}

void Session::abandon() {
  if (is_pinned_ && !was_found_) detach();
  close();
}

void Session::close() {
  if (is_pinned_) {
    leave_all(settling_links_);
    leave_all(links_);
    if (kretprobe_) kretprobe_->leave();
  }
  detach_all(settling_links_);
  detach_all(links_);
  settling_links_.clear();
  links_.clear();
  kretprobe_.reset();
  summaries_.reset();
  doorbell_.reset();
  ends_.reset();
  ring_.reset();
  programs_.reset();
  pins_.reset();
}

}  // namespace tcpaccept
