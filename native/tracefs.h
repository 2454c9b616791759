#ifndef TCPACCEPT_TRACEFS_H
#define TCPACCEPT_TRACEFS_H

#include <string>

#include "file_descriptor.h"

namespace tcpaccept {

// All that the file holds now, wherever it was read before.
std::string read_from_start(const FileDescriptor& file);
// Writes one command; 0 or a positive errno.
int append_line(const FileDescriptor& file, const std::string& line);

// A tracefs nobody else sees: a detached mount (fsopen, Linux 5.2 and later), so that hosts that do not mount tracefs
// need not, and nothing is left behind. Needs CAP_SYS_ADMIN; without it, the one mounted at /sys/kernel/tracing.
class Tracefs {
 public:
  // Throws Failure ERR_BPF_PERMISSION when neither can be had.
  Tracefs();

  // The whole of a file; throws as open_file does.
  std::string read(const std::string& path) const;
  // Throws Failure naming the path: ERR_BPF_PERMISSION, or ERR_BPF_HOOK when there is none.
  FileDescriptor open_file(const std::string& path, int flags) const;
  // A perf event of the tracepoint `group/name`, not yet enabled; throws Failure.
  FileDescriptor open_event(const std::string& group, const std::string& name) const;

 private:
  FileDescriptor directory_;
};

}  // namespace tcpaccept

#endif
