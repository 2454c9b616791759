#ifndef TCPACCEPT_ACCEPT_PLAN_H
#define TCPACCEPT_ACCEPT_PLAN_H

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace tcpaccept {

// How a record's encoding is made, step by step. The order is that of PLAN_STEPS in src/export/direct/plan-writer.ts.
enum class PlanStep : uint8_t {
  kLiteral,   // nothing but the literal bytes before it, as every step has some, each of the plan's once and in order
  kOpen,      // a length in front of what follows, which most often takes `count` bytes
  kClose,     // ends the innermost `count` of these
  kWallTime,  // a field of the boot clock as wall time, fixed64
  kObservedTime,  // when the batch was read, fixed64
  kDecimal,       // a number in digits
  kIpv4,          // four bytes in digits
  kIpv6,          // sixteen bytes
  kNumber,        // an AnyValue's content: the number over `count`, whole ones as an int and others as a double
  kSpanBytes,     // `bytes` of the record's span, from `field` of it on
  kSkipIfZero,    // leaves out the next `count` steps where a field is 0
  kSkipIfOnes,    // where all its bits are set
  kSkipIfNoSpan,  // where the record has no span
  kSteps,
};

// In the same order, what PLAN_STEPS calls them.
constexpr const char* kPlanStepNames[] = {"literal",    "open",       "close",       "wallTime", "observedTime",
                                          "decimal",    "ipv4",       "ipv6",        "number",   "spanBytes",
                                          "skipIfZero", "skipIfOnes", "skipIfNoSpan"};
static_assert(std::size(kPlanStepNames) == static_cast<size_t>(PlanStep::kSteps));

// What the records of one batch have in common, and the span of one: kSpanBytes, or none.
struct PlanInput {
  uint64_t boot_to_unix_ns;
  uint64_t observed_unix_ns;
  const uint8_t* record;
  const uint8_t* span;
};

// Encodes the records that share what it was made of. Checked when it is made, so that running it is safe with any
// record.
class AcceptPlan {
 public:
  static constexpr size_t kSpanBytes = 24;  // trace id, span id
  static constexpr size_t kDepth = 8;

  // `steps`: three words each, (step, bytes << 8, field << 16), count and literal_bytes. Throws Failure.
  AcceptPlan(const uint32_t* steps, size_t words, const uint8_t* literals, size_t literal_bytes);

  // Writes the record at `out`, which has room for most_bytes(), and returns the end.
  uint8_t* write(uint8_t* out, const PlanInput& input) const;
  size_t most_bytes() const { return most_bytes_; }

 private:
  struct Step {
    PlanStep what;
    uint8_t bytes;
    uint16_t field;
    uint32_t count;
    uint32_t literal_bytes;  // copied before it
  };

  // Copies of a few bytes are of so many, whatever is behind them: that costs less than to ask how many.
  static constexpr size_t kShortCopy = 32;

  void check(size_t literal_bytes);

  std::vector<Step> steps_;
  std::vector<uint8_t> literals_;
  size_t most_bytes_ = 0;
};

}  // namespace tcpaccept

#endif
