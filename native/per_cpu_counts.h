#ifndef TCPACCEPT_PER_CPU_COUNTS_H
#define TCPACCEPT_PER_CPU_COUNTS_H

#include <cstdint>

#include "../bpf/event.h"

namespace tcpaccept {

// struct per_cpu_counts of bpf/maps.h.
struct PerCpuCounts {
  uint64_t counts[TCPACCEPT_COUNTERS];
  uint64_t next_sequence;
  uint64_t summarizing;
};

}  // namespace tcpaccept

#endif
