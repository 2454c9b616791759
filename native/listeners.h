#ifndef TCPACCEPT_LISTENERS_H
#define TCPACCEPT_LISTENERS_H

#include <memory>
#include <vector>

#include "../bpf/listener.h"
#include "programs.h"

namespace tcpaccept {

// Lists every descriptor of a TCP socket that listens, of all processes and network namespaces.
class Listeners {
 public:
  // Loads the program, which takes 25 ms; nothing is attached to the kernel. Throws Failure.
  Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // As of now. Throws Failure.
  std::vector<tcpaccept_listener> list() const;

  InstructionCounts verified_instructions() const { return tcpaccept::verified_instructions(programs_.get()); }

 private:
  struct DestroyLink {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  Programs programs_;
  std::unique_ptr<bpf_link, DestroyLink> iterator_;
};

}  // namespace tcpaccept

#endif
