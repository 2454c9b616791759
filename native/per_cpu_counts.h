#ifndef TCPACCEPT_PER_CPU_COUNTS_H
#define TCPACCEPT_PER_CPU_COUNTS_H

#include <cstdint>

#include "../bpf/end.h"
#include "../bpf/event.h"

namespace tcpaccept {

// struct per_cpu_counts of bpf/maps.h.
struct PerCpuCounts {
  uint64_t counts[TCPACCEPT_COUNTERS];
  uint64_t next_sequence;
  uint64_t summarizing;
  uint64_t unstamped;
};

// struct per_cpu_connection_counts of bpf/maps.h.
struct PerCpuConnectionCounts {
  uint64_t counts[TCPACCEPT_CONNECTION_COUNTERS];
};

}  // namespace tcpaccept

#endif
