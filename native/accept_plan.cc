#include "accept_plan.h"

#include <cstring>

#include "protobuf.h"
#include "text.h"

namespace tcpaccept {

namespace {

template <typename Number>
Number read(const uint8_t* at) {
  Number value;
  memcpy(&value, at, sizeof(value));
  return value;
}

uint64_t read_field(const uint8_t* at, size_t bytes) {
  if (bytes == 2) return read<uint16_t>(at);
  return bytes == 4 ? read<uint32_t>(at) : read<uint64_t>(at);
}

bool has_all_bits(uint64_t value, size_t bytes) { return value == ~uint64_t{0} >> (64 - 8 * bytes); }

}  // namespace

uint8_t* AcceptPlan::write(uint8_t* out, const PlanInput& input) const {
  struct {
    uint8_t* start;
    size_t reserved;
  } opened[kDepth];
  size_t depth = 0;
  uint8_t* at = out;
  const uint8_t* literal = literals_.data();
  const Step* const end = steps_.data() + steps_.size();
  for (const Step* step = steps_.data(); step < end; step++) {
    if (step->literal_bytes <= kShortCopy) {
      memcpy(at, literal, kShortCopy);
    } else {
      memcpy(at, literal, step->literal_bytes);
    }
    at += step->literal_bytes;
    literal += step->literal_bytes;
    const uint8_t* field = input.record + step->field;
    bool skips = false;
    switch (step->what) {
      case PlanStep::kLiteral:
        break;
      case PlanStep::kOpen:
        opened[depth++] = {at, step->count};
        at += step->count;
        break;
      case PlanStep::kClose:
        for (uint32_t i = 0; i < step->count; i++) {
          depth--;
          at = close_length(opened[depth].start, at, opened[depth].reserved);
        }
        break;
      case PlanStep::kWallTime:
        at = write_fixed(at, read<uint64_t>(field) + input.boot_to_unix_ns);
        break;
      case PlanStep::kObservedTime:
        at = write_fixed(at, input.observed_unix_ns);
        break;
      case PlanStep::kDecimal:
        at = write_decimal(at, read_field(field, step->bytes));
        break;
      case PlanStep::kIpv4:
        at = write_ipv4(at, field);
        break;
      case PlanStep::kIpv6:
        at = write_ipv6(at, field);
        break;
      case PlanStep::kNumber:
        at = write_any_number(at, read_field(field, step->bytes), step->count);
        break;
      case PlanStep::kSpanBytes:
        memcpy(at, input.span + step->field, step->bytes);
        at += step->bytes;
        break;
      case PlanStep::kSkipIfZero:
        skips = read_field(field, step->bytes) == 0;
        break;
      case PlanStep::kSkipIfOnes:
        skips = has_all_bits(read_field(field, step->bytes), step->bytes);
        break;
      case PlanStep::kSkipIfNoSpan:
        skips = input.span == nullptr;
        break;
      case PlanStep::kSteps:
        break;
    }
    if (!skips) continue;
    for (uint32_t i = 0; i < step->count; i++) literal += step[i + 1].literal_bytes;
    step += step->count;
  }
  return at;
}

}  // namespace tcpaccept
