#include "kernel_types.h"

#include <utility>

// libbpf parses them anew for every object it loads, and takes none that are there already. The linker puts the second
// of these in the place of its function (--wrap in the Makefile).
extern "C" {
btf* __real_btf__load_vmlinux_btf();
btf* __wrap_btf__load_vmlinux_btf();
}

namespace {

thread_local btf* parsed = nullptr;  // until libbpf asks for it, which then owns it

}  // namespace

btf* __wrap_btf__load_vmlinux_btf() {
  if (parsed) return std::exchange(parsed, nullptr);
  return __real_btf__load_vmlinux_btf();
}

namespace tcpaccept {

const btf* KernelTypes::get() {
  if (!parsed) parsed = __real_btf__load_vmlinux_btf();
  return parsed;
}

KernelTypes::~KernelTypes() { btf__free(std::exchange(parsed, nullptr)); }

}  // namespace tcpaccept
