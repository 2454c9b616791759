#include <algorithm>
#include <string>

#include "../bpf/event.h"
#include "accept_plan.h"
#include "failure.h"
#include "protobuf.h"
#include "text.h"

namespace tcpaccept {

namespace {

constexpr size_t kMostRecordBytes = 1 << 26;

[[noreturn]] void refuse(const char* what) {
  throw Failure("ERR_INTERNAL", "plan", 0, std::string("a plan's ") + what);
}

bool is_number(size_t bytes) { return bytes == 2 || bytes == 4 || bytes == 8; }

}  // namespace

AcceptPlan::AcceptPlan(const uint32_t* steps, size_t words, const uint8_t* literals, size_t literal_bytes)
    : literals_(literals, literals + literal_bytes) {
  if (words % 3 != 0) refuse("steps are not whole");
  for (size_t i = 0; i < words; i += 3) {
    steps_.push_back({static_cast<PlanStep>(steps[i] & 0xff), static_cast<uint8_t>(steps[i] >> 8),
                      static_cast<uint16_t>(steps[i] >> 16), steps[i + 1], steps[i + 2]});
  }
  check(literal_bytes);
  literals_.resize(literal_bytes + kShortCopy);
}

// Every path through the steps writes no more, and nests no deeper, than the one that skips nothing: what may be
// skipped closes all that it opens.
void AcceptPlan::check(size_t literal_bytes) {
  size_t literals = 0, depth = 0;
  struct Skip {
    size_t end, depth;
    PlanStep condition;
  };
  std::vector<Skip> skips;
  for (size_t i = 0; i <= steps_.size(); i++) {
    while (!skips.empty() && skips.back().end == i) {
      if (skips.back().depth != depth) refuse("skip leaves something open");
      skips.pop_back();
    }
    if (i == steps_.size()) break;
    const auto [what, bytes, field, count, literals_before] = steps_[i];
    if (literals_before > literal_bytes - literals) refuse("literals are too few");
    literals += literals_before;
    const bool has_span = std::ranges::count(skips, PlanStep::kSkipIfNoSpan, &Skip::condition) > 0;
    const bool is_in_record = field + size_t{bytes} <= sizeof(tcpaccept_event);
    switch (what) {
      case PlanStep::kLiteral:
        break;
      case PlanStep::kOpen:
        if (++depth > kDepth || count < 1 || count > kMostLengthBytes) refuse("nesting is too deep");
        most_bytes_ += kMostLengthBytes;
        break;
      case PlanStep::kClose:
        if (count > depth - (skips.empty() ? 0 : skips.back().depth)) refuse("nesting ends too soon");
        depth -= count;
        break;
      case PlanStep::kWallTime:
        if (bytes != sizeof(uint64_t) || !is_in_record) refuse("time is no field");
        [[fallthrough]];
      case PlanStep::kObservedTime:
        most_bytes_ += sizeof(uint64_t);
        break;
      case PlanStep::kDecimal:
        if (!is_number(bytes) || !is_in_record) refuse("decimal is no field");
        most_bytes_ += kMostDecimalBytes;
        break;
      case PlanStep::kIpv4:
        if (bytes != 4 || !is_in_record) refuse("IPv4 address is no field");
        most_bytes_ += kMostIpv4Bytes;
        break;
      case PlanStep::kIpv6:
        if (bytes != 16 || !is_in_record) refuse("IPv6 address is no field");
        most_bytes_ += kMostIpv6Bytes;
        break;
      case PlanStep::kNumber:
        if (!is_number(bytes) || !is_in_record || count == 0) refuse("number is no field");
        most_bytes_ += kMostNumberBytes;
        break;
      case PlanStep::kSpanBytes:
        if (field + size_t{bytes} > kSpanBytes) refuse("span has fewer bytes");
        if (!has_span) refuse("span may be none");
        most_bytes_ += bytes;
        break;
      case PlanStep::kSkipIfZero:
      case PlanStep::kSkipIfOnes:
        if (!is_number(bytes) || !is_in_record) refuse("condition is no field");
        [[fallthrough]];
      case PlanStep::kSkipIfNoSpan:
        if (count > (skips.empty() ? steps_.size() : skips.back().end) - i - 1) refuse("skip has no end");
        skips.push_back({i + 1 + count, depth, what});
        break;
      default:
        refuse("step is none");
    }
  }
  most_bytes_ += literals + kShortCopy;
  if (depth != 0 || literals != literal_bytes) refuse("end leaves something");
  if (most_bytes_ > kMostRecordBytes) refuse("record would be too large");
}

}  // namespace tcpaccept
