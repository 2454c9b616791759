#include "iterator.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "failure.h"
#include "file_descriptor.h"

namespace tcpaccept {

namespace {

struct LinkDestroyer {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

}  // namespace

void run_to_end(const bpf_program* iterator) {
  std::unique_ptr<bpf_link, LinkDestroyer> link(bpf_program__attach_iter(iterator, nullptr));
  if (!link) {
    throw Failure("ERR_BPF_LOAD", "iterator", errno,
                  std::string("the task iterator cannot be attached: ") + strerror(errno));
  }
  FileDescriptor run(bpf_iter_create(bpf_link__fd(link.get())));
  char nothing[64];
  while (run && read(run.get(), nothing, sizeof(nothing)) > 0) {
  }
}

}  // namespace tcpaccept
