#include "session.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "../bpf/event.h"
#include "failure.h"
#include "libbpf_log.h"

namespace tcpaccept {

static_assert(Session::kCounters == TCPACCEPT_COUNTERS + 2);

namespace {

constexpr size_t kRingRecordBytes = sizeof(tcpaccept_event) + BPF_RINGBUF_HDR_SZ;

// struct per_cpu_counts of bpf/maps.h.
struct PerCpuCounts {
  uint64_t counts[TCPACCEPT_COUNTERS];
  uint64_t next_sequence;
};

uint64_t recursion_misses(const bpf_program* program) {
  bpf_prog_info info = {};
  unsigned length = sizeof(info);
  if (bpf_program__fd(program) < 0) return 0;
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) < 0 ? 0 : info.recursion_misses;
}

}  // namespace

Session::Session(const Settings& settings) : programs_(load_programs(settings)) {
  ring_ = std::make_unique<Ring>(bpf_map__fd(programs_->maps.ring), settings.ring_bytes);
  LibbpfLog log;
  try {
    attach(settings.hook);
  } catch (Failure& failure) {
    failure.log = log.text();
    close();
    throw;
  }
}

// Queue stamps and own connections first, so that the first record already has them.
void Session::attach(const std::string& hook) {
  keep(bpf_program__attach(programs_->progs.socket_state_changed), "inet_sock_set_state");
  if (hook == "fexit") {
    keep(bpf_program__attach(programs_->progs.accept_fexit), "fexit on inet_csk_accept");
  } else if (hook == "kretprobe") {
    kretprobe_ = std::make_unique<KretprobeEvent>();
    FileDescriptor event = kretprobe_->open();
    keep(bpf_program__attach_perf_event(programs_->progs.accept_kretprobe, event.get()),
         "kretprobe on inet_csk_accept");
    event.release();
  } else {
    const Tracefs tracefs;
    attach_tracepoint(programs_->progs.accept_syscall, tracefs, "sys_exit_accept");
    attach_tracepoint(programs_->progs.accept4_syscall, tracefs, "sys_exit_accept4");
    for (bpf_program* program : {programs_->progs.io_uring_completed, programs_->progs.io_uring_completed_before_cqe}) {
      if (bpf_program__fd(program) >= 0) keep(bpf_program__attach(program), "io_uring_complete");
    }
  }
}

void Session::attach_tracepoint(bpf_program* program, const Tracefs& tracefs, const char* name) {
  FileDescriptor event = tracefs.open_event("syscalls", name);
  keep(bpf_program__attach_perf_event(program, event.get()), name);
  event.release();  // the link closes it
}

void Session::keep(bpf_link* link, const char* what) {
  if (link) {
    links_.push_back(link);
    return;
  }
  const int error = errno;
  const bool permission = error == EPERM || error == EACCES;
  throw Failure(permission ? "ERR_BPF_PERMISSION" : "ERR_BPF_HOOK", "attach", error,
                std::string(what) + " cannot be attached (" + strerror(error) + ")" +
                    (permission ? ": run as root" : ": choose another way with --hook"));
}

size_t Session::drain(uint8_t* into, size_t capacity_bytes) {
  return ring_->drain(into, capacity_bytes, sizeof(tcpaccept_event));
}

void Session::counters(uint64_t into[kCounters]) const {
  memset(into, 0, kCounters * sizeof(uint64_t));
  std::vector<PerCpuCounts> cpus(libbpf_num_possible_cpus());
  const uint32_t zero = 0;
  bpf_map_lookup_elem(bpf_map__fd(programs_->maps.counters), &zero, cpus.data());
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
  for (bpf_link* link : links_) bpf_link__destroy(link);
  links_.clear();
}

void Session::close() {
  detach();
  kretprobe_.reset();
  ring_.reset();
  programs_.reset();
}

}  // namespace tcpaccept
