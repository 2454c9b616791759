#include "programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "failure.h"
#include "kernel_types.h"
#include "libbpf_log.h"
#include "pinned_map.h"
#include "pinned_session.h"
#include "refusal.h"

namespace tcpaccept {

namespace {

// The verifier gives up with EAGAIN when a signal is pending, and libbpf after five of those: a profiler's timer does
// that.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// libbpf reads all of the kernel's types, some 20 MB once parsed, and frees them: glibc would keep what is not at the
// heap's end.
class FreedMemoryReturned {
 public:
  FreedMemoryReturned() = default;
  ~FreedMemoryReturned() { malloc_trim(0); }
  FreedMemoryReturned(const FreedMemoryReturned&) = delete;
  FreedMemoryReturned& operator=(const FreedMemoryReturned&) = delete;
};

// What loading needs and this process has not, in words; empty when it has all. CAP_SYS_ADMIN stands for both.
std::string missing_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return "CAP_BPF and CAP_PERFMON";
  const auto has = [&](int number) { return (data[number / 32].effective >> (number % 32) & 1) != 0; };
  if (has(CAP_SYS_ADMIN)) return "";
  if (has(CAP_BPF)) return has(CAP_PERFMON) ? "" : "CAP_PERFMON";
  return has(CAP_PERFMON) ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
}

Failure load_failure(const std::string& hook, int error, const std::string& log) {
  const bool verifier_spoke = log.find("PROG LOAD LOG") != std::string::npos;  // its refusals are EACCES as well
  const std::string missing = missing_capabilities();
  if ((error == EPERM || error == EACCES) && !missing.empty()) {
    return explained(
        Failure("ERR_BPF_PERMISSION", "load", error,
                "loading the " + hook + " programs is not permitted: run as root or with " + missing + " as well"));
  }
  if ((error == EPERM || error == EACCES) && !verifier_spoke) {
    return explained(Failure("ERR_BPF_HOOK", "load", error,
                             "this kernel refuses the " + hook + " programs to everybody, whatever the capabilities"));
  }
  return explained(
      Failure("ERR_BPF_LOAD", "load", error,
              "the kernel refuses the " + hook + " programs (" + strerror(error) + "): --verbose shows its words"));
}

// A kernel that takes no fexit program at all, as one without trampolines, says so before it looks at what is in it;
// one that does refuses this for want of a function to attach to (EINVAL). Loading ours to find out costs all that
// loading costs: the kernel's types parsed, maps made.
void refuse_fexit_if_nobody_may() {
  const bpf_insn return_zero[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
                                  {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  bpf_prog_load_opts options = {};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_TRACE_FEXIT;
  const FileDescriptor loaded(bpf_prog_load(BPF_PROG_TYPE_TRACING, nullptr, "GPL", return_zero, 2, &options));
  if (!loaded && (errno == EPERM || errno == EACCES)) throw load_failure("fexit", errno, "");
}

// How many arguments a tracepoint gives a program; 0 where the kernel has none of that name.
int tracepoint_arguments(const btf* kernel, const std::string& name) {
  const int id = btf__find_by_name_kind(kernel, ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF);
  if (id < 0) return 0;
  const btf_type* pointer = btf__type_by_id(kernel, btf__type_by_id(kernel, id)->type);
  return btf_vlen(btf__type_by_id(kernel, pointer->type)) - 1;  // the first is the tracepoint's own data
}

// io_uring_complete(ctx, req, cqe) on newer kernels; (ctx, req, user_data, res, cflags, extra1, extra2) on 6.1
// and 6.12. Submission is io_uring_submit_req(req) on 6.12, io_uring_submit_sqe(req, force_nonblock) on 6.1; before
// multishot accepts came, in 5.19, it had more arguments.
void choose_io_uring_programs(KernelTypes& types, accept_bpf* programs) {
  const btf* kernel = types.get();
  if (!kernel) return;
  const int completion = tracepoint_arguments(kernel, "io_uring_complete");
  if (completion == 0) return;  // a kernel without io_uring
  auto& progs = programs->progs;
  bpf_program__set_autoload(completion == 3 ? progs.io_uring_completed : progs.io_uring_completed_before_cqe, true);
  if (tracepoint_arguments(kernel, "io_uring_submit_req") == 1)
    bpf_program__set_autoload(progs.io_uring_submitted, true);
  else if (tracepoint_arguments(kernel, "io_uring_submit_sqe") == 2)
    bpf_program__set_autoload(progs.io_uring_submitted_before_req, true);
}

void choose_programs(const Settings& settings, KernelTypes& types, accept_bpf* programs) {
  bpf_program* program;
  bpf_object__for_each_program(program, programs->obj) bpf_program__set_autoload(program, false);
  bpf_program__set_autoload(programs->progs.remember_own_pid, true);
  bpf_program__set_autoload(programs->progs.locate_process, settings.pid != 0);
  bpf_program__set_autoload(programs->progs.socket_state_changed, true);
  bpf_program__set_autoload(programs->progs.connection_ended, settings.connections);
  bpf_program__set_autoload(programs->progs.accept_syscall, true);
  bpf_program__set_autoload(programs->progs.accept4_syscall, true);
  if (settings.hook == "syscall") {
    choose_io_uring_programs(types, programs);
  } else {
    bpf_program__set_autoload(
        settings.hook == "fexit" ? programs->progs.accept_fexit : programs->progs.accept_kretprobe, true);
    bpf_program__set_autoload(programs->progs.list_asleep, true);
  }
}

// What is left is run from here: pinned are links, and what they attach is loaded.
void leave_out_attached(accept_bpf* programs) {
  bpf_program* program;
  bpf_object__for_each_program(program, programs->obj) {
    if (program != programs->progs.remember_own_pid && program != programs->progs.locate_process) {
      bpf_program__set_autoload(program, false);
    }
  }
}

void use_pinned_map(bpf_map* map, const std::string& path, const PinnedMapShape& shape) {
  if (path.empty()) return;
  FileDescriptor pinned = open_pinned_map(path, shape);
  const int error = -bpf_map__reuse_fd(map, pinned.get());
  if (error) {
    throw Failure("ERR_PINNED_MAP", "pinned map", error,
                  std::string(shape.option) + ": " + path + " cannot be used: " + strerror(error));
  }
}

// Some 10 MB that are there from the start.
void leave_out_summaries(accept_bpf* programs) {
  auto& maps = programs->maps;
  for (bpf_map* map : {maps.by_peer_0, maps.by_peer_1, maps.by_prefix_0, maps.by_prefix_1, maps.by_listener_0,
                       maps.by_listener_1, maps.by_nothing}) {
    bpf_map__set_autocreate(map, false);
  }
}

// Some 18 MB, likewise.
void leave_out_connections(accept_bpf* programs) {
  auto& maps = programs->maps;
  for (bpf_map* map : {maps.open_connections, maps.ends, maps.connection_counters}) {
    bpf_map__set_autocreate(map, false);
  }
}

void apply(const Settings& settings, accept_bpf* programs) {
  auto* constants = programs->rodata;
  constants->filter_pid = settings.pid;
  constants->filter_own = settings.own_process;
  constants->filter_family = settings.family;
  constants->filter_ports = !settings.ports.empty();
  for (const uint16_t port : settings.ports) constants->wanted_ports[port / 64] |= uint64_t{1} << port % 64;
  constants->filter_cgroups = !settings.cgroup_map_path.empty();
  constants->filter_mount_namespaces = !settings.mount_namespace_map_path.empty();
  constants->self_mode = settings.self_mode;
  constants->summaries = settings.summaries;
  constants->connections = settings.connections;
  constants->only_asleep = settings.hook != "syscall";
  bpf_map__set_max_entries(programs->maps.ring, settings.ring_bytes);
  // Who sleeps at the start is asked beside a function hook only; a million buckets are 16 MiB of the kernel's.
  bpf_map__set_autocreate(programs->maps.asleep, constants->only_asleep);
  bpf_map__set_autocreate(programs->maps.reported, constants->only_asleep);
  use_pinned_map(programs->maps.cgroups, settings.cgroup_map_path, kCgroupSet);
  use_pinned_map(programs->maps.mount_namespaces, settings.mount_namespace_map_path, kMountNamespaceSet);
  choose_filter_sets(settings.filter_sets, programs);
  if (settings.summaries == 0) leave_out_summaries(programs);
  if (!settings.connections) leave_out_connections(programs);
}

void insert_self_ports(bpf_map* map, const std::vector<uint16_t>& ports) {
  const uint8_t present = 1;
  for (const uint16_t port : ports) {
    const int error = -bpf_map__update_elem(map, &port, sizeof(port), &present, sizeof(present), BPF_ANY);
    if (error)
      throw Failure("ERR_BPF_LOAD", "ports", error, std::string("a port set cannot be filled: ") + strerror(error));
  }
}

void learn_own_pid(accept_bpf* programs) {
  bpf_test_run_opts options = {};
  options.sz = sizeof(options);
  const int error = -bpf_prog_test_run_opts(bpf_program__fd(programs->progs.remember_own_pid), &options);
  if (error) {
    throw Failure("ERR_BPF_LOAD", "test run", error,
                  std::string("the kernel does not tell our own process id: ") + strerror(error));
  }
}

}  // namespace

bpf_prog_info info_of(const bpf_program* program) {
  bpf_prog_info info = {};
  unsigned length = sizeof(info);
  if (bpf_program__fd(program) >= 0) bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length);
  return info;
}

InstructionCounts verified_instructions(const accept_bpf* programs) {
  InstructionCounts counts;
  bpf_program* program;
  bpf_object__for_each_program(program, programs->obj) {
    const uint32_t count = info_of(program).verified_insns;
    if (count) counts[bpf_program__name(program)] = count;
  }
  return counts;
}

Programs load_programs(const Settings& settings, const PinDirectory* pins) {
  const FreedMemoryReturned returned;
  const SignalsBlocked blocked;
  KernelTypes types;
  LibbpfLog log;
  try {
    if (settings.hook == "fexit" && !pins) refuse_fexit_if_nobody_may();
    Programs programs(accept_bpf__open());
    if (!programs) throw load_failure(settings.hook, errno, log.text());
    apply(settings, programs.get());
    choose_programs(settings, types, programs.get());
    if (pins) {
      reuse_pinned_maps(*pins, programs.get());
      leave_out_attached(programs.get());
    }
    const int error = -accept_bpf__load(programs.get());
    if (error) throw load_failure(settings.hook, error, log.text());
    if (!pins) {
      insert_self_ports(programs->maps.self_ports, settings.self_ports);
      fill_filter_sets(settings.filter_sets, programs.get());
    }
    learn_own_pid(programs.get());
    return programs;
  } catch (Failure& failure) {
    failure.log = log.text();
    throw;
  }
}

Programs load_listener_iterator() {
  const FreedMemoryReturned returned;
  const SignalsBlocked blocked;
  LibbpfLog log;
  try {
    Programs programs(accept_bpf__open());
    if (!programs) throw load_failure("listener", errno, log.text());
    bpf_map* map;
    bpf_object__for_each_map(map, programs->obj) {
      if (!bpf_map__is_internal(map)) bpf_map__set_autocreate(map, false);
    }
    bpf_program* program;
    bpf_object__for_each_program(program, programs->obj) {
      bpf_program__set_autoload(program, program == programs->progs.list_listeners);
    }
    const int error = -accept_bpf__load(programs.get());
    if (error) throw load_failure("listener", error, log.text());
    return programs;
  } catch (Failure& failure) {
    failure.log = log.text();
    throw;
  }
}

}  // namespace tcpaccept
