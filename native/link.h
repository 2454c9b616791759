#ifndef TCPACCEPT_LINK_H
#define TCPACCEPT_LINK_H

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>
#include <string>

#include "file_descriptor.h"

namespace tcpaccept {

// One attached program. It is detached when this goes, unless it was left.
class Link {
 public:
  // `link` is what libbpf answered; NULL throws Failure, with errno still that of the attempt.
  Link(const bpf_program* program, bpf_link* link, const char* what);
  // One on a perf event.
  Link(bpf_program* program, FileDescriptor event, const char* what);
  // Attached by another process, and opened by its pin. Throws Failure.
  Link(std::string program, FileDescriptor pinned);
  ~Link() { detach(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const std::string& program() const { return program_; }
  int fd() const { return link_ ? bpf_link__fd(link_) : pinned_.get(); }
  // How often the program was not run because it was running already; also after detach.
  uint64_t misses() const;
  void detach();
  // Lets go of it; the program stays attached as long as the link is pinned.
  void leave();

 private:
  std::string program_;
  FileDescriptor program_fd_;
  bpf_link* link_ = nullptr;
  int event_fd_ = -1;  // libbpf's, as long as it detaches
  FileDescriptor pinned_;
};

using LinkPointer = std::unique_ptr<Link>;

}  // namespace tcpaccept

#endif
