#include "kretprobe_event.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "failure.h"

namespace tcpaccept {

namespace {

constexpr char kGroup[] = "tcpaccept";
// KRETPROBE_MAXACTIVE_MAX of kernel/trace/trace_kprobe.c (6.1 to 6.18); about 300 KiB of kernel memory.
constexpr int kInstances = 4096;

std::string removal(const std::string& name) { return std::string("-:") + kGroup + "/" + name + "\n"; }

std::atomic<unsigned> next_number{0};  // a process may hold several, in several worker threads

}  // namespace

KretprobeEvent::KretprobeEvent() {
  remove_those_of_dead_processes();
  name_ = "accept_" + std::to_string(getpid()) + "_" + std::to_string(next_number++);
  const int error = tracefs_.append(
      "kprobe_events", "r" + std::to_string(kInstances) + ":" + kGroup + "/" + name_ + " inet_csk_accept\n");
  if (error) {
    throw Failure("ERR_BPF_HOOK", "kretprobe", error,
                  error == ENOENT
                      ? "this kernel has no kprobes (CONFIG_KPROBES) or no inet_csk_accept"
                      : std::string("the kernel refuses a return probe on inet_csk_accept: ") + strerror(error));
  }
}

KretprobeEvent::~KretprobeEvent() {
  if (!name_.empty()) tracefs_.append("kprobe_events", removal(name_));
}

bool KretprobeEvent::remove(const std::string& name) {
  return Tracefs().append("kprobe_events", removal(name)) != EBUSY;
}

FileDescriptor KretprobeEvent::open() const { return tracefs_.open_event(kGroup, name_); }

uint64_t KretprobeEvent::misses() const {
  std::istringstream profile(tracefs_.read("kprobe_profile"));
  std::string name;
  uint64_t hits, misses;
  while (profile >> name >> hits >> misses) {
    if (name == name_) return misses;
  }
  return 0;
}

// A process killed with -9 leaves its event behind, unattached: it would cost every accept a trap for ever. One that a
// pinned link is attached to is busy, and stays.
void KretprobeEvent::remove_those_of_dead_processes() {
  const Tracefs tracefs;
  std::string events;
  try {
    events = tracefs.read("kprobe_events");
  } catch (const Failure&) {
    return;  // no kprobes: the constructor says so
  }
  std::istringstream lines(events);
  const std::string mark = std::string(":") + kGroup + "/accept_";
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find(mark);
    if (at == std::string::npos) continue;
    const pid_t owner = atoi(line.c_str() + at + mark.size());
    if (owner > 0 && kill(owner, 0) < 0 && errno == ESRCH) {
      tracefs.append("kprobe_events", "-" + line.substr(at, line.find(' ', at) - at) + "\n");
    }
  }
}

}  // namespace tcpaccept
