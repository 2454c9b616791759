#ifndef TCPACCEPT_TEXT_H
#define TCPACCEPT_TEXT_H

#include <cstddef>
#include <cstdint>

namespace tcpaccept {

constexpr size_t kMostDecimalBytes = 20;  // of a u64
constexpr size_t kMostIpv4Bytes = 15;
constexpr size_t kMostIpv6Bytes = 39;

// Each writes at `at`, which has room for the most there can be, and returns the end.
uint8_t* write_decimal(uint8_t* at, uint64_t value);
uint8_t* write_ipv4(uint8_t* at, const uint8_t* address);
// RFC 5952: lowercase, no leading zeros, the first longest run of two or more zero groups as `::`.
uint8_t* write_ipv6(uint8_t* at, const uint8_t* address);

}  // namespace tcpaccept

#endif
