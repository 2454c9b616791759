#include "text.h"

#include <cstring>

namespace tcpaccept {

namespace {

constexpr int kGroups = 8;

uint8_t* write_group(uint8_t* at, unsigned group) {
  bool begun = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = (group >> shift) & 15;
    begun = begun || digit != 0 || shift == 0;
    if (begun) *at++ = "0123456789abcdef"[digit];
  }
  return at;
}

}  // namespace

uint8_t* write_decimal(uint8_t* at, uint64_t value) {
  // As much again behind them: a copy of so many bytes costs less than one of as many as there are.
  uint8_t digits[2 * kMostDecimalBytes];
  uint8_t* const end = digits + kMostDecimalBytes;
  uint8_t* first = end;
  do {
    *--first = '0' + value % 10;
    value /= 10;
  } while (value != 0);
  memcpy(at, first, kMostDecimalBytes);
  return at + (end - first);
}

uint8_t* write_ipv4(uint8_t* at, const uint8_t* address) {
  for (int i = 0; i < 4; i++) {
    if (i > 0) *at++ = '.';
    const unsigned byte = address[i];
    if (byte >= 100) *at++ = '0' + byte / 100;
    if (byte >= 10) *at++ = '0' + byte / 10 % 10;
    *at++ = '0' + byte % 10;
  }
  return at;
}

uint8_t* write_ipv6(uint8_t* at, const uint8_t* address) {
  unsigned groups[kGroups];
  for (int i = 0; i < kGroups; i++) groups[i] = address[2 * i] << 8 | address[2 * i + 1];
  int run_start = kGroups, run_length = 1;
  for (int start = 0; start < kGroups; start++) {
    int end = start;
    while (end < kGroups && groups[end] == 0) end++;
    if (end - start <= run_length) continue;
    run_start = start;
    run_length = end - start;
  }
  for (int i = 0; i < kGroups; i++) {
    if (i == run_start) {
      *at++ = ':';
      *at++ = ':';
      i += run_length - 1;
      continue;
    }
    if (i > 0 && at[-1] != ':') *at++ = ':';
    at = write_group(at, groups[i]);
  }
  return at;
}

}  // namespace tcpaccept
