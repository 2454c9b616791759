#ifndef TCPACCEPT_SESSION_H
#define TCPACCEPT_SESSION_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kretprobe_event.h"
#include "programs.h"
#include "ring.h"
#include "summaries.h"

namespace tcpaccept {

// One loaded and attached set of programs and the ring they fill.
//
// close() is the only way down, for JavaScript's close(), the finalizer and the end of the environment alike; it may be
// called again. Used by the thread of its environment only.
class Session {
 public:
  // Loads and attaches; nothing stays behind when it throws Failure.
  explicit Session(const Settings& settings);
  ~Session() { close(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool is_open() const { return ring_ != nullptr; }
  // Copies whole records into `into`, gives their space back, returns how many.
  size_t drain(uint8_t* into, size_t capacity_bytes);
  // How much of the ring is taken, 0 to 1.
  double ring_fill() const;
  // Whether accepts are counted instead of recorded, where the settings leave that open.
  void set_overloaded(bool overloaded);
  // As Summaries's; false and 0 where the settings want no summaries. Throws Failure.
  bool turn_summaries();
  size_t drain_summaries(uint8_t* into, size_t capacity_bytes);
  // TCPACCEPT_COUNTERS sums over all CPUs, then accepts the probes missed, then records in the ring.
  static constexpr size_t kCounters = 9;
  void counters(uint64_t into[kCounters]) const;
  // Once every accept that was asleep at the start has returned, detaches what saw those; true when that is done.
  bool settle();
  // The id in the initial pid namespace of the process that Settings::pid names; 0 when there is none now.
  uint32_t host_pid();
  // Ends recording; what is in the ring and the counters can still be read.
  void detach();
  void close();

 private:
  void attach(const std::string& hook);
  void attach_function(const std::string& hook);
  void attach_syscall_exits(std::vector<bpf_link*>& links);
  void attach_io_uring();
  uint64_t missed() const;

  std::unique_ptr<KretprobeEvent> kretprobe_;  // outlives its link
  Programs programs_;
  std::vector<bpf_link*> links_;
  std::vector<bpf_link*> settling_links_;  // system calls' exits beside a function hook
  std::unique_ptr<Ring> ring_;
  std::unique_ptr<Summaries> summaries_;  // of programs_
};

}  // namespace tcpaccept

#endif
