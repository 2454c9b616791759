#ifndef TCPACCEPT_PROTOBUF_H
#define TCPACCEPT_PROTOBUF_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tcpaccept {

constexpr size_t kMostLengthBytes = 5;   // of a varint of 32 bits
constexpr size_t kMostNumberBytes = 11;  // a tag, and a varint of 64 bits

// Each writes at `at` and returns the end.
inline uint8_t* write_varint(uint8_t* at, uint64_t value) {
  for (; value > 127; value >>= 7) *at++ = static_cast<uint8_t>(value) | 128;
  *at++ = static_cast<uint8_t>(value);
  return at;
}

template <typename Number>
uint8_t* write_fixed(uint8_t* at, Number value) {
  memcpy(at, &value, sizeof(value));
  return at + sizeof(value);
}

// What an AnyValue holds of `number / divisor`: as the SDK does, an int of whole numbers that fit, a double of others.
inline uint8_t* write_any_number(uint8_t* at, uint64_t number, uint32_t divisor) {
  constexpr uint8_t kInt = 3 << 3 | 0;
  constexpr uint8_t kDouble = 4 << 3 | 1;
  if (divisor == 1 && number <= UINT32_MAX) {
    *at++ = kInt;
    return write_varint(at, number);
  }
  constexpr double kInt64End = 9223372036854775808.0;
  const double value = static_cast<double>(number) / divisor;
  if (value < kInt64End && value == std::floor(value)) {
    *at++ = kInt;
    return write_varint(at, static_cast<uint64_t>(value));
  }
  *at++ = kDouble;
  return write_fixed(at, value);
}

// Puts the length of what was written behind `start` into the bytes left there for it, or moves that to where it fits.
inline uint8_t* close_length(uint8_t* start, uint8_t* end, size_t reserved) {
  const size_t length = end - start - reserved;
  if (reserved == 1 && length <= 127) {
    *start = static_cast<uint8_t>(length);
    return end;
  }
  size_t needed = 1;
  for (size_t rest = length; rest > 127; rest >>= 7) needed++;
  if (needed != reserved) memmove(start + needed, start + reserved, length);
  write_varint(start, length);
  return start + needed + length;
}

}  // namespace tcpaccept

#endif
