#include <cerrno>

// libbpf looks for kernel functions that vmlinux lacks in the types of modules, and fails where it may not list these:
// BPF_BTF_GET_NEXT_ID wants CAP_SYS_ADMIN (6.1 to 6.18). What we call is in vmlinux or not at all, and weak, so to us
// no list is an empty one. The linker puts this in the place of libbpf's function (--wrap in the Makefile).
extern "C" {
int __real_bpf_btf_get_next_id(unsigned start, unsigned* next);
int __wrap_bpf_btf_get_next_id(unsigned start, unsigned* next);
}

int __wrap_bpf_btf_get_next_id(unsigned start, unsigned* next) {
  const int result = __real_bpf_btf_get_next_id(start, next);
  if (result >= 0 || errno != EPERM) return result;
  errno = ENOENT;
  return -ENOENT;
}
