#ifndef TCPACCEPT_ATTACHMENTS_H
#define TCPACCEPT_ATTACHMENTS_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kretprobe_event.h"
#include "link.h"
#include "pin_directory.h"
#include "programs.h"

namespace tcpaccept {

// The programs of a session on what calls them: attached here, or by another process that left them pinned.
class Attachments {
 public:
  // Of those that `found` has pinned, or none yet. Throws Failure where the kernel lacks what the hook needs: nothing
  // has to be loaded to find that out.
  Attachments(const std::string& hook, const PinDirectory* found);
  ~Attachments();
  Attachments(const Attachments&) = delete;
  Attachments& operator=(const Attachments&) = delete;

  // Throws Failure.
  void attach(accept_bpf* programs, bool follows_connections);
  // Between begin and finish. Throws Failure.
  void pin(PinDirectory* pins) const;
  void open_pinned(accept_bpf* programs, const PinDirectory& pins);
  // Once every accept that was asleep at the start has returned, detaches what saw those; true when that is done.
  // `pins`: where those are pinned, or null.
  bool settle(accept_bpf* programs, PinDirectory* pins);
  // Accepts that the probes and programs did not see, those detached before excepted.
  uint64_t missed() const;
  // Changes of state that the programs which watch those did not see.
  uint64_t skipped_changes() const;
  // What was missed is still known.
  void detach();
  // What is pinned stays attached.
  void leave();

 private:
  using Links = std::vector<LinkPointer>;

  void attach_function(accept_bpf* programs);
  void attach_io_uring(accept_bpf* programs);

  std::string hook_;
  std::unique_ptr<KretprobeEvent> kretprobe_;  // outlives its link
  Links links_;
  Links settling_links_;  // system calls' exits beside a function hook
};

}  // namespace tcpaccept

#endif
