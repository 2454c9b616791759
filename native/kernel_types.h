#ifndef TCPACCEPT_KERNEL_TYPES_H
#define TCPACCEPT_KERNEL_TYPES_H

#include <bpf/btf.h>

namespace tcpaccept {

// The kernel's own types, parsed at most once for us and for the libbpf calls that are made while this is alive: they
// are some 20 MB. Not for two at a time in one thread.
class KernelTypes {
 public:
  KernelTypes() = default;
  ~KernelTypes();
  KernelTypes(const KernelTypes&) = delete;
  KernelTypes& operator=(const KernelTypes&) = delete;

  // nullptr where they cannot be read. Invalid once libbpf has loaded something.
  const btf* get();
};

}  // namespace tcpaccept

#endif
