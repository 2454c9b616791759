#include "link.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "failure.h"
#include "refusal.h"

namespace tcpaccept {

namespace {

bpf_link* attached(bpf_link* link, const char* what) {
  if (link) return link;
  const int error = errno;
  const bool permission = error == EPERM || error == EACCES;
  throw explained(Failure(permission ? "ERR_BPF_PERMISSION" : "ERR_BPF_HOOK", "attach", error,
                          std::string(what) + " cannot be attached (" + strerror(error) + ")" +
                              (permission ? ": run as root" : ": choose another way with --hook")));
}

FileDescriptor program_of(const FileDescriptor& link, const std::string& name) {
  bpf_link_info info = {};
  unsigned length = sizeof(info);
  FileDescriptor program;
  if (bpf_obj_get_info_by_fd(link.get(), &info, &length) == 0) {
    program = FileDescriptor(bpf_prog_get_fd_by_id(info.prog_id));
  }
  if (!program) {
    throw Failure("ERR_PIN", "pin", errno,
                  "--pin: the pinned program " + name + " cannot be opened (" + strerror(errno) + "): run as root");
  }
  return program;
}

}  // namespace

Link::Link(const bpf_program* program, bpf_link* link, const char* what)
    : program_(bpf_program__name(program)),
      program_fd_(fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0)),
      link_(attached(link, what)) {}

Link::Link(bpf_program* program, FileDescriptor event, const char* what)
    : Link(program, bpf_program__attach_perf_event(program, event.get()), what) {
  event_fd_ = event.release();  // the link closes it
}

Link::Link(std::string program, FileDescriptor pinned)
    : program_(std::move(program)), program_fd_(program_of(pinned, program_)), pinned_(std::move(pinned)) {}

uint64_t Link::misses() const {
  bpf_prog_info info = {};
  unsigned length = sizeof(info);
  return bpf_obj_get_info_by_fd(program_fd_.get(), &info, &length) < 0 ? 0 : info.recursion_misses;
}

void Link::detach() {
  bpf_link__destroy(std::exchange(link_, nullptr));
  pinned_ = FileDescriptor();
}

// Destroying a link on a perf event switches the event off, pinned or not: libbpf must not, and then closes nothing.
void Link::leave() {
  if (!link_) return;
  FileDescriptor link(bpf_link__fd(link_));
  FileDescriptor event(event_fd_ == link.get() ? -1 : event_fd_);
  bpf_link__disconnect(link_);
  bpf_link__destroy(std::exchange(link_, nullptr));
}

}  // namespace tcpaccept
