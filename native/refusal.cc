#include "refusal.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

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

bool has(const __user_cap_data_struct* data, int capability) {
  return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

// What this process lacks, by name; empty when nothing is. CAP_SYS_ADMIN stands for the other two, and by itself is
// wanted for a mount of tracefs, for the modules' types and, where kernel.perf_event_paranoid is over 2 (Debian,
// Ubuntu), for perf events.
std::string lacking_capabilities(const std::string& step) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) < 0 || has(data, CAP_SYS_ADMIN)) return "";
  std::vector<std::string> names;
  if (!has(data, CAP_BPF)) names.push_back("CAP_BPF");
  if (!has(data, CAP_PERFMON)) names.push_back("CAP_PERFMON");
  if (step == "tracefs" || step == "module types" || (step == "perf_event_open" && names.empty()))
    names.push_back("CAP_SYS_ADMIN");
  std::string text;
  for (size_t i = 0; i < names.size(); i++) {
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + names[i];
  }
  return text;
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
  if (error != EPERM && error != EACCES) return refusal;
  if (is_in_user_namespace()) {
    return Failure("ERR_BPF_PERMISSION", step, error,
                   "the kernel permits no tracing (" + step +
                       ") to a user namespace, whatever its capabilities: run as root of the host");
  }
  const std::string lacking = lacking_capabilities(step);
  if (lacking.empty()) return refusal;
  return Failure("ERR_BPF_PERMISSION", step, error,
                 "the kernel permits no tracing (" + step + ") without " + lacking +
                     ": run as root (sudo), or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN");
}

}  // namespace tcpaccept
