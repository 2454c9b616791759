#include "tracefs.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "failure.h"
#include "refusal.h"

namespace tcpaccept {

namespace {

FileDescriptor detached_mount() {
  FileDescriptor filesystem(static_cast<int>(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC)));
  if (!filesystem) return FileDescriptor();
  if (syscall(SYS_fsconfig, filesystem.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) return FileDescriptor();
  return FileDescriptor(static_cast<int>(syscall(SYS_fsmount, filesystem.get(), FSMOUNT_CLOEXEC, 0)));
}

}  // namespace

Tracefs::Tracefs() : directory_(detached_mount()) {
  const int mount_errno = errno;
  if (!directory_) {
    FileDescriptor mounted(open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (mounted && faccessat(mounted.get(), "events", R_OK, 0) == 0) directory_ = std::move(mounted);
  }
  if (!directory_) {
    const bool permission = mount_errno == EPERM || mount_errno == EACCES;
    throw explained(Failure(permission ? "ERR_BPF_PERMISSION" : "ERR_BPF_HOOK", "tracefs", mount_errno,
                            std::string("tracefs cannot be mounted (") + strerror(mount_errno) +
                                "): use a kernel that has it (CONFIG_FTRACE), as root or with CAP_SYS_ADMIN"));
  }
}

std::string Tracefs::read(const std::string& path) const {
  FileDescriptor file(openat(directory_.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file)
    throw explained(
        Failure("ERR_BPF_HOOK", "tracefs", errno, "tracefs has no readable " + path + ": " + strerror(errno)));
  std::string text;
  char buffer[4096];
  ssize_t length;
  while ((length = ::read(file.get(), buffer, sizeof(buffer))) > 0) text.append(buffer, length);
  return text;
}

int Tracefs::append(const std::string& path, const std::string& line) const {
  FileDescriptor file(openat(directory_.get(), path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file || write(file.get(), line.data(), line.size()) < 0) return errno;
  return 0;
}

FileDescriptor Tracefs::open_event(const std::string& group, const std::string& name) const {
  struct perf_event_attr attributes = {};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof(attributes);
  attributes.config = std::stoull(read("events/" + group + "/" + name + "/id"));
  // One event on any CPU is enough, also when that goes offline later: a BPF program hangs on the tracepoint itself.
  FileDescriptor event(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, sched_getcpu(), -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) {
    throw explained(Failure(
        errno == EACCES || errno == EPERM ? "ERR_BPF_PERMISSION" : "ERR_BPF_HOOK", "perf_event_open", errno,
        "the tracepoint " + group + ":" + name + " cannot be opened (" + strerror(errno) +
            "): run as root or with CAP_PERFMON, and CAP_SYS_ADMIN where kernel.perf_event_paranoid is over 2"));
  }
  return event;
}

}  // namespace tcpaccept
