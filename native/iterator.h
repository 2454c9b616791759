#ifndef TCPACCEPT_ITERATOR_H
#define TCPACCEPT_ITERATOR_H

#include <bpf/libbpf.h>

namespace tcpaccept {

// Runs a BPF iterator over everything it lists. Throws Failure.
void run_to_end(const bpf_program* iterator);

}  // namespace tcpaccept

#endif
