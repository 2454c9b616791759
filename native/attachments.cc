#include "attachments.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <set>
#include <sstream>

#include "iterator.h"
#include "tracefs.h"

namespace tcpaccept {

namespace {

bool watches_states(const Link& link) {
  return link.program() == "socket_state_changed" || link.program() == "connection_ended";
}

// Last attached, first detached: what records come from ends before what they are completed from.
void detach_all(const std::vector<LinkPointer>& links) {
  for (auto link = links.rbegin(); link != links.rend(); ++link) (*link)->detach();
}

LinkPointer attach_program(const bpf_program* program, const char* what) {
  return std::make_unique<Link>(program, bpf_program__attach(program), what);
}

LinkPointer attach_to_event(bpf_program* program, FileDescriptor event, const char* what) {
  return std::make_unique<Link>(program, std::move(event), what);
}

void attach_syscall_exits(accept_bpf* programs, std::vector<LinkPointer>* links) {
  const Tracefs tracefs;
  links->push_back(attach_to_event(programs->progs.accept_syscall, tracefs.open_event("syscalls", "sys_exit_accept"),
                                   "sys_exit_accept"));
  links->push_back(attach_to_event(programs->progs.accept4_syscall, tracefs.open_event("syscalls", "sys_exit_accept4"),
                                   "sys_exit_accept4"));
}

std::string link_name(const std::string& program) { return "link_" + program; }

}  // namespace

Attachments::Attachments(const std::string& hook, const PinDirectory* found) : hook_(hook) {
  if (hook != "kretprobe") return;
  kretprobe_ =
      found ? std::make_unique<KretprobeEvent>(found->note_of("kretprobe")) : std::make_unique<KretprobeEvent>();
}

Attachments::~Attachments() { detach(); }

// Queue stamps, own connections and ends first, so that the first record already has them. Beside a function hook the
// system calls' exits come first and the list of sleepers last: bpf/asleep.h.
void Attachments::attach(accept_bpf* programs, bool follows_connections) {
  links_.push_back(attach_program(programs->progs.socket_state_changed, "inet_sock_set_state"));
  if (follows_connections) {
    links_.push_back(attach_program(programs->progs.connection_ended, "inet_sock_set_state"));
  }
  if (hook_ == "syscall") {
    attach_syscall_exits(programs, &links_);
    attach_io_uring(programs);
    return;
  }
  attach_syscall_exits(programs, &settling_links_);
  programs->bss->settling = true;
  attach_function(programs);
  run_to_end(programs->progs.list_asleep);
}

void Attachments::attach_function(accept_bpf* programs) {
  if (hook_ == "fexit") {
    links_.push_back(attach_program(programs->progs.accept_fexit, "fexit on inet_csk_accept"));
    return;
  }
  links_.push_back(attach_to_event(programs->progs.accept_kretprobe, kretprobe_->open(), "kretprobe"));
}

// Only those the kernel has were loaded.
void Attachments::attach_io_uring(accept_bpf* programs) {
  auto& progs = programs->progs;
  for (bpf_program* program : {progs.io_uring_submitted, progs.io_uring_submitted_before_req, progs.io_uring_completed,
                               progs.io_uring_completed_before_cqe}) {
    if (bpf_program__fd(program) >= 0) links_.push_back(attach_program(program, "io_uring"));
  }
}

void Attachments::pin(PinDirectory* pins) const {
  std::string programs;
  if (kretprobe_) pins->note("kretprobe", kretprobe_->name());
  for (const LinkPointer& link : links_) {
    pins->add(link_name(link->program()), link->fd());
    programs += (programs.empty() ? "" : ",") + link->program();
  }
  for (const LinkPointer& link : settling_links_) pins->add(link_name(link->program()), link->fd());
  pins->note("programs", programs);
}

// Those of the settling, which need not be there any more, are not among the noted.
void Attachments::open_pinned(accept_bpf* programs, const PinDirectory& pins) {
  std::istringstream noted(pins.note_of("programs"));
  std::set<std::string> lasting;
  for (std::string program; std::getline(noted, program, ',');) {
    lasting.insert(program);
    links_.push_back(std::make_unique<Link>(program, pins.open(link_name(program))));
  }
  for (const bpf_program* program : {programs->progs.accept_syscall, programs->progs.accept4_syscall}) {
    const std::string name = bpf_program__name(program);
    if (lasting.contains(name) || !pins.has(link_name(name))) continue;
    settling_links_.push_back(std::make_unique<Link>(name, pins.open(link_name(name))));
  }
  if (settling_links_.empty()) programs->bss->settling = false;
}

bool Attachments::settle(accept_bpf* programs, PinDirectory* pins) {
  if (settling_links_.empty()) return true;
  uint32_t tid;
  if (bpf_map_get_next_key(bpf_map__fd(programs->maps.asleep), nullptr, &tid) == 0) return false;
  for (const LinkPointer& link : settling_links_) {
    programs->bss->settled_misses += link->misses();
    if (pins) pins->remove(link_name(link->program()));
  }
  detach_all(settling_links_);
  settling_links_.clear();
  programs->bss->settling = false;
  return true;
}

uint64_t Attachments::missed() const {
  uint64_t total = kretprobe_ ? kretprobe_->misses() : 0;
  for (const Links* links : {&links_, &settling_links_}) {
    for (const LinkPointer& link : *links) {
      if (!watches_states(*link)) total += link->misses();
    }
  }
  return total;
}

uint64_t Attachments::skipped_changes() const {
  uint64_t total = 0;
  for (const LinkPointer& link : links_) {
    if (watches_states(*link)) total += link->misses();
  }
  return total;
}

void Attachments::detach() {
  detach_all(settling_links_);
  detach_all(links_);
}

void Attachments::leave() {
  for (const Links* links : {&settling_links_, &links_}) {
    for (const LinkPointer& link : *links) link->leave();
  }
  if (kretprobe_) kretprobe_->leave();
}

}  // namespace tcpaccept
