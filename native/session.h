#ifndef TCPACCEPT_SESSION_H
#define TCPACCEPT_SESSION_H

#include <cstddef>
#include <cstdint>
#include <memory>

#include "attachments.h"
#include "doorbell.h"
#include "pin_directory.h"
#include "programs.h"
#include "ring.h"
#include "summaries.h"

namespace tcpaccept {

// One loaded and attached set of programs and the ring they fill, or one that another process left pinned.
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
  // Copies whole records into `into`, returns how many; they keep their space in the ring until they are released.
  size_t drain(uint8_t* into, size_t capacity_bytes) { return ring_->drain(into, capacity_bytes); }
  // Gives back the space of the oldest records drained.
  void release(uint64_t records) { ring_->release(records); }
  // Where this session goes on: 1 when it was found pinned, when its sequences began (CLOCK_MONOTONIC), how many
  // records were given back, and how many accepts taken out of the summaries, before.
  static constexpr size_t kOrigin = 4;
  void origin(uint64_t into[kOrigin]) const;
  // Numbers kept with the maps.
  void read_notes(uint64_t into[TCPACCEPT_NOTES]) const;
  void write_notes(const uint64_t from[TCPACCEPT_NOTES]);
  // How much of the ring is taken, 0 to 1.
  double ring_fill() const;
  // Whether accepts are counted instead of recorded, where the settings leave that open.
  void set_overloaded(bool overloaded);
  // Where a byte comes when a ring has something while its reader sleeps; who calls this, once, closes it. Throws
  // Failure.
  int open_doorbell();
  // Whether the next record or end rings; also what is there already does. After open_doorbell. Throws Failure.
  void set_reader_sleeps(bool sleeps);
  // As Summaries's; false and 0 where the settings want no summaries. Throws Failure.
  bool turn_summaries();
  size_t drain_summaries(uint8_t* into, size_t capacity_bytes);
  void settle_summaries();
  void ended_summaries(uint64_t into[Summaries::kEnded]) const;
  // Copies ends of connections into `into` and gives their space back, returns how many; 0 where none are followed.
  size_t drain_ends(uint8_t* into, size_t capacity_bytes);
  // TCPACCEPT_COUNTERS sums over all CPUs, then accepts the probes missed, then changes of state that the programs
  // which watch those missed, then records in the ring, then accepts in the summaries; then the sums of
  // TCPACCEPT_CONNECTION_COUNTERS, connections still open, and ends in their ring.
  static constexpr size_t kCounters = 18;
  void counters(uint64_t into[kCounters]) const;
  // Once every accept that was asleep at the start has returned, detaches what saw those; true when that is done.
  bool settle();
  // The id in the initial pid namespace of the process that Settings::pid names; 0 when there is none now.
  uint32_t host_pid();
  InstructionCounts verified_instructions() const { return tcpaccept::verified_instructions(programs_.get()); }
  // Ends recording, pinned or not; what is in the ring and the counters can still be read.
  void detach();
  // What is pinned goes on recording.
  void close();
  // Closes, and takes away what this session pinned; what it found pinned stays.
  void abandon();

 private:
  void open(const Settings& settings);
  void pin(const std::string& settings);
  void connection_counters(uint64_t* into) const;

  std::unique_ptr<PinDirectory> pins_;  // outlives all: it is the claim to be the only one
  bool was_found_ = false;
  bool is_pinned_ = false;
  uint64_t released_before_ = 0;
  uint64_t summarized_before_ = 0;
  Programs programs_;
  std::unique_ptr<Attachments> attachments_;  // of programs_
  std::unique_ptr<Ring> ring_;
  std::unique_ptr<Ring> ends_;
  std::unique_ptr<Doorbell> doorbell_;    // of both rings
  std::unique_ptr<Summaries> summaries_;  // of programs_
};

}  // namespace tcpaccept

#endif
