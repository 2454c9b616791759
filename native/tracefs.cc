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

std::string read_from_start(const FileDescriptor& file) {
  std::string text;
  char buffer[4096];
  ssize_t length;
  while ((length = pread(file.get(), buffer, sizeof(buffer), text.size())) > 0) text.append(buffer, length);
  return text;
}

int append_line(const FileDescriptor& file, const std::string& line) {
  return write(file.get(), line.data(), line.size()) < 0 ? errno : 0;
}

Tracefs::Tracefs() : directory_(detached_mount()) {
  const int mount_errno = errno;
  if (!directory_) {
    FileDescriptor mounted(open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC));
    // With the effective capabilities: access(2) by the real user ignores CAP_DAC_READ_SEARCH.
    if (mounted && faccessat(mounted.get(), "events", R_OK, AT_EACCESS) == 0) directory_ = std::move(mounted);
  }
  if (!directory_) {
    throw explained(Failure("ERR_BPF_PERMISSION", "tracefs", mount_errno,
                            std::string("tracefs cannot be opened (") + strerror(mount_errno) +
                                "): run as root or with CAP_SYS_ADMIN, or mount it at /sys/kernel/tracing and run "
                                "with CAP_DAC_READ_SEARCH"));
  }
}

std::string Tracefs::read(const std::string& path) const { return read_from_start(open_file(path, O_RDONLY)); }

FileDescriptor Tracefs::open_file(const std::string& path, int flags) const {
  FileDescriptor file(openat(directory_.get(), path.c_str(), flags | O_CLOEXEC));
  if (file) return file;
  if (errno == EACCES || errno == EPERM) {
    const std::string capability = flags == O_RDONLY ? "CAP_DAC_READ_SEARCH" : "CAP_DAC_OVERRIDE";
    throw explained(Failure("ERR_BPF_PERMISSION", "tracefs", errno,
                            "tracefs does not let this user open " + path + " (" + strerror(errno) +
                                "): run as root or with " + capability));
  }
  throw explained(Failure("ERR_BPF_HOOK", "tracefs", errno, "tracefs has no " + path + " (" + strerror(errno) + ")"));
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
