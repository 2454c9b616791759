#ifndef TCPACCEPT_KRETPROBE_EVENT_H
#define TCPACCEPT_KRETPROBE_EVENT_H

#include <cstdint>
#include <string>

#include "file_descriptor.h"
#include "tracefs.h"

namespace tcpaccept {

// A return probe on inet_csk_accept made in tracefs, because only there can its pool of instances be sized: every
// thread asleep in accept() holds one, and the kernel's default (a few per CPU) has blinded other tools without a word.
class KretprobeEvent {
 public:
  // Throws Failure: ERR_BPF_HOOK when the kernel refuses the probe, ERR_BPF_PERMISSION when tracefs refuses us.
  KretprobeEvent();
  // The one of that name, which a pinned link needs and another process made.
  explicit KretprobeEvent(std::string name);
  ~KretprobeEvent();
  KretprobeEvent(const KretprobeEvent&) = delete;
  KretprobeEvent& operator=(const KretprobeEvent&) = delete;

  const std::string& name() const { return name_; }
  FileDescriptor open() const;
  // Accepts the probe did not see because its pool was empty.
  uint64_t misses() const;
  // Leaves it in place for the link that is pinned.
  void leave() { name_.clear(); }
  // False: it is busy.
  bool remove() const;

 private:
  void remove_those_of_dead_processes() const;

  Tracefs tracefs_;
  // Open from the start to the end: a process that gave up root may no longer open them, but may use them.
  FileDescriptor control_;  // kprobe_events
  FileDescriptor profile_;  // kprobe_profile
  std::string name_;
};

}  // namespace tcpaccept

#endif
