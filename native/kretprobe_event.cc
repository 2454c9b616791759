#include "kretprobe_event.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "failure.h"
#include "refusal.h"

namespace tcpaccept {

namespace {

constexpr char kGroup[] = "tcpaccept";
// KRETPROBE_MAXACTIVE_MAX of kernel/trace/trace_kprobe.c (6.1 to 6.18); about 300 KiB of kernel memory.
constexpr int kInstances = 4096;

std::atomic<unsigned> next_number{0};  // a process may hold several, in several worker threads

}  // namespace

KretprobeEvent::KretprobeEvent(std::string name) : name_(std::move(name)) {
  try {
    control_ = tracefs_.open_file("kprobe_events", O_WRONLY | O_APPEND);
    profile_ = tracefs_.open_file("kprobe_profile", O_RDONLY);
  } catch (const Failure& failure) {
    if (failure.errnum != ENOENT) throw;
    // A kernel that is locked down has no files of tracefs either.
    throw explained(Failure("ERR_BPF_HOOK", "kretprobe", ENOENT, "this kernel has no kprobes (CONFIG_KPROBES)"));
  }
}

KretprobeEvent::KretprobeEvent() : KretprobeEvent("") {
  remove_those_of_dead_processes();
  const std::string name = "accept_" + std::to_string(getpid()) + "_" + std::to_string(next_number++);
  const int error =
      append_line(control_, "r" + std::to_string(kInstances) + ":" + kGroup + "/" + name + " inet_csk_accept\n");
  if (error) {
    throw explained(Failure(
        "ERR_BPF_HOOK", "kretprobe", error,
        error == ENOENT ? "this kernel has no inet_csk_accept to probe"
                        : std::string("the kernel refuses a return probe on inet_csk_accept: ") + strerror(error)));
  }
  name_ = name;
}

KretprobeEvent::~KretprobeEvent() {
  if (!name_.empty()) remove();
}

bool KretprobeEvent::remove() const {
  return append_line(control_, std::string("-:") + kGroup + "/" + name_ + "\n") != EBUSY;
}

FileDescriptor KretprobeEvent::open() const { return tracefs_.open_event(kGroup, name_); }

uint64_t KretprobeEvent::misses() const {
  std::istringstream profile(read_from_start(profile_));
  std::string name;
  uint64_t hits, misses;
  while (profile >> name >> hits >> misses) {
    if (name == name_) return misses;
  }
  return 0;
}

// A process killed with -9 leaves its event behind, unattached: it would cost every accept a trap for ever. One that a
// pinned link is attached to is busy, and stays.
void KretprobeEvent::remove_those_of_dead_processes() const {
  std::istringstream lines(tracefs_.read("kprobe_events"));
  const std::string mark = std::string(":") + kGroup + "/accept_";
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find(mark);
    if (at == std::string::npos) continue;
    const pid_t owner = atoi(line.c_str() + at + mark.size());
    if (owner > 0 && kill(owner, 0) < 0 && errno == ESRCH) {
      append_line(control_, "-" + line.substr(at, line.find(' ', at) - at) + "\n");
    }
  }
}

}  // namespace tcpaccept
