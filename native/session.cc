#include "session.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "../bpf/event.h"
#include "failure.h"
#include "libbpf_log.h"
#include "per_cpu_counts.h"

namespace tcpaccept {

static_assert(Session::kCounters == TCPACCEPT_COUNTERS + 2);

namespace {

constexpr size_t kRingRecordBytes = sizeof(tcpaccept_event) + BPF_RINGBUF_HDR_SZ;

uint64_t recursion_misses(const bpf_program* program) {
  bpf_prog_info info = {};
  unsigned length = sizeof(info);
  if (bpf_program__fd(program) < 0) return 0;
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) < 0 ? 0 : info.recursion_misses;
}

bpf_link* attached(bpf_link* link, const char* what) {
  if (link) return link;
  const int error = errno;
  const bool permission = error == EPERM || error == EACCES;
  throw Failure(permission ? "ERR_BPF_PERMISSION" : "ERR_BPF_HOOK", "attach", error,
                std::string(what) + " cannot be attached (" + strerror(error) + ")" +
                    (permission ? ": run as root" : ": choose another way with --hook"));
}

bpf_link* attached_to_event(bpf_program* program, FileDescriptor event, const char* what) {
  bpf_link* link = attached(bpf_program__attach_perf_event(program, event.get()), what);
  event.release();  // the link closes it
  return link;
}

struct LinkDestroyer {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

// Runs an iterator over everything it lists.
void run_to_end(bpf_program* iterator) {
  std::unique_ptr<bpf_link, LinkDestroyer> link(
      attached(bpf_program__attach_iter(iterator, nullptr), "the task iterator"));
  FileDescriptor run(bpf_iter_create(bpf_link__fd(link.get())));
  char nothing[64];
  while (run && read(run.get(), nothing, sizeof(nothing)) > 0) {
  }
}

// Last attached, first detached: what records come from ends before what they are completed from.
void destroy(std::vector<bpf_link*>& links) {
  for (auto link = links.rbegin(); link != links.rend(); ++link) bpf_link__destroy(*link);
  links.clear();
}

}  // namespace

Session::Session(const Settings& settings) {
  // First: where the kernel has no kprobes, nothing need be loaded to find that out.
  if (settings.hook == "kretprobe") kretprobe_ = std::make_unique<KretprobeEvent>();
  programs_ = load_programs(settings);
  // libbpf may have rounded the size up to pages and a power of two.
  ring_ = std::make_unique<Ring>(bpf_map__fd(programs_->maps.ring), bpf_map__max_entries(programs_->maps.ring));
  if (settings.summaries != 0) summaries_ = std::make_unique<Summaries>(programs_.get());
  LibbpfLog log;
  try {
    attach(settings.hook);
  } catch (Failure& failure) {
    failure.log = log.text();
    close();
    throw;
  }
}

// Queue stamps and own connections first, so that the first record already has them. Beside a function hook the system
// calls' exits come first and the list of sleepers last: bpf/asleep.h.
void Session::attach(const std::string& hook) {
  links_.push_back(attached(bpf_program__attach(programs_->progs.socket_state_changed), "inet_sock_set_state"));
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
    links_.push_back(attached(bpf_program__attach(programs_->progs.accept_fexit), "fexit on inet_csk_accept"));
    return;
  }
  links_.push_back(attached_to_event(programs_->progs.accept_kretprobe, kretprobe_->open(), "kretprobe"));
}

void Session::attach_syscall_exits(std::vector<bpf_link*>& links) {
  const Tracefs tracefs;
  links.push_back(attached_to_event(programs_->progs.accept_syscall, tracefs.open_event("syscalls", "sys_exit_accept"),
                                    "sys_exit_accept"));
  links.push_back(attached_to_event(programs_->progs.accept4_syscall,
                                    tracefs.open_event("syscalls", "sys_exit_accept4"), "sys_exit_accept4"));
}

// Only those the kernel has were loaded.
void Session::attach_io_uring() {
  auto& progs = programs_->progs;
  for (bpf_program* program : {progs.io_uring_submitted, progs.io_uring_submitted_before_req, progs.io_uring_completed,
                               progs.io_uring_completed_before_cqe}) {
    if (bpf_program__fd(program) >= 0) links_.push_back(attached(bpf_program__attach(program), "io_uring"));
  }
}

bool Session::settle() {
  if (settling_links_.empty()) return true;
  uint32_t tid;
  if (bpf_map_get_next_key(bpf_map__fd(programs_->maps.asleep), nullptr, &tid) == 0) return false;
  destroy(settling_links_);
  programs_->bss->settling = false;
  return true;
}

uint32_t Session::host_pid() {
  programs_->bss->located_pid = 0;
  if (bpf_program__fd(programs_->progs.locate_process) >= 0) run_to_end(programs_->progs.locate_process);
  return programs_->bss->located_pid;
}

size_t Session::drain(uint8_t* into, size_t capacity_bytes) {
  return ring_->drain(into, capacity_bytes, sizeof(tcpaccept_event));
}

double Session::ring_fill() const {
  return static_cast<double>(ring_->pending_bytes()) / bpf_map__max_entries(programs_->maps.ring);
}

void Session::set_overloaded(bool overloaded) { programs_->bss->overloaded = overloaded; }

bool Session::turn_summaries() { return summaries_ && summaries_->turn(); }

size_t Session::drain_summaries(uint8_t* into, size_t capacity_bytes) {
  return summaries_ ? summaries_->drain(into, capacity_bytes) : 0;
}

void Session::counters(uint64_t into[kCounters]) const {
  memset(into, 0, kCounters * sizeof(uint64_t));
  std::vector<PerCpuCounts> cpus(libbpf_num_possible_cpus());
  const uint32_t zero = 0;
  const int error = -bpf_map_lookup_elem(bpf_map__fd(programs_->maps.counters), &zero, cpus.data());
  if (error) {
    throw Failure(error == EPERM ? "ERR_BPF_PERMISSION" : "ERR_INTERNAL", "counters", error,
                  std::string("the kernel's counters cannot be read: ") + strerror(error));
  }
  for (const PerCpuCounts& cpu : cpus) {
    for (size_t i = 0; i < TCPACCEPT_COUNTERS; i++) into[i] += cpu.counts[i];
  }
  into[TCPACCEPT_COUNTERS] = missed();
  into[TCPACCEPT_COUNTERS + 1] = ring_->pending_bytes() / kRingRecordBytes;
}

uint64_t Session::missed() const {
  uint64_t total = kretprobe_ ? kretprobe_->misses() : 0;
  bpf_program* program;
  bpf_object__for_each_program(program, programs_->obj) {
    if (program != programs_->progs.socket_state_changed) total += recursion_misses(program);
  }
  return total;
}

void Session::detach() {
  destroy(settling_links_);
  destroy(links_);
}

void Session::close() {
  detach();
  kretprobe_.reset();
  summaries_.reset();
  ring_.reset();
  programs_.reset();
}

}  // namespace tcpaccept
