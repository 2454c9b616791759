#include "refusal.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>

namespace tcpaccept {

namespace {

std::string first_line(const char* path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

bool is_too_old() {
  utsname kernel;
  int major = 0, minor = 0;
  if (uname(&kernel) < 0 || sscanf(kernel.release, "%d.%d", &major, &minor) != 2) return false;
  return major < 5 || (major == 5 && minor < 15);  // bpf_task_pt_regs
}

// Capabilities of any other user namespace than the initial one count for nothing here.
bool is_in_user_namespace() {
  unsigned inside = 0, outside = 0, count = 0;
  return sscanf(first_line("/proc/self/uid_map").c_str(), "%u %u %u", &inside, &outside, &count) == 3 &&
         count != 4294967295U;
}

}  // namespace

Failure explained(const Failure& refusal) {
  const std::string& step = refusal.operation;
  const int error = refusal.errnum;
  if (is_too_old()) {
    return Failure("ERR_PLATFORM", step, error, "this kernel is older than Linux 5.15: run that or a later one");
  }
  // Both look like any other error.
  if (first_line("/sys/kernel/security/lockdown").find("[confidentiality]") != std::string::npos) {
    return Failure("ERR_BPF_LOCKDOWN", step, error,
                   "the kernel is locked down (confidentiality) and lets no program read its memory: boot without "
                   "lockdown=confidentiality");
  }
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return Failure("ERR_BPF_NO_BTF", step, error,
                   "the kernel has no readable type information (/sys/kernel/btf/vmlinux): use one built with "
                   "CONFIG_DEBUG_INFO_BTF, as Debian's and every large distribution's are");
  }
  if ((error == EPERM || error == EACCES) && is_in_user_namespace()) {
    return Failure("ERR_BPF_PERMISSION", step, error,
                   "the kernel permits no tracing (" + step +
                       ") to a user namespace, whatever its capabilities: run as root of the host");
  }
  return refusal;
}

}  // namespace tcpaccept
