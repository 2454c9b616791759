#include "listeners.h"

#include <bpf/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "failure.h"
#include "file_descriptor.h"

namespace tcpaccept {

namespace {

// A read gives whole records, as many as the kernel's own buffer of eight pages holds.
constexpr size_t kReadRecords = 512;

Failure failure(const char* step) {
  return Failure("ERR_BPF_LOAD", step, errno, std::string("listeners cannot be listed: ") + strerror(errno));
}

}  // namespace

Listeners::Listeners()
    : programs_(load_listener_iterator()),
      iterator_(bpf_program__attach_iter(programs_->progs.list_listeners, nullptr)) {
  if (!iterator_) throw failure("attach");
}

std::vector<tcpaccept_listener> Listeners::list() const {
  const FileDescriptor run(bpf_iter_create(bpf_link__fd(iterator_.get())));
  if (!run) throw failure("iterate");
  std::vector<tcpaccept_listener> listeners;
  std::array<tcpaccept_listener, kReadRecords> some;
  for (;;) {
    const ssize_t bytes = read(run.get(), some.data(), sizeof(some));
    // Having looked at a million objects and found none of ours, the kernel asks to be called again.
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (bytes < 0) throw failure("read");
    if (bytes == 0) return listeners;
    listeners.insert(listeners.end(), some.begin(), some.begin() + bytes / sizeof(tcpaccept_listener));
  }
}

}  // namespace tcpaccept
