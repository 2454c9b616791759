#ifndef TCPACCEPT_RESIDENT_H
#define TCPACCEPT_RESIDENT_H

namespace tcpaccept {

// What of the whole process stays in memory; only for who owns the process.

// glibc gives each thread a heap of its own, and keeps what was freed below the heap's end. The bodies of requests come
// and go from 64 KiB on: mapped one by one, their memory goes back when they do.
void keep_heap_small();

// Unmaps what starting has read of the executable and of libraries, tens of MB with Node: what is needed again is
// mapped again, from the page cache. Does nothing where the mappings cannot be listed.
void unmap_code_of_start();

}  // namespace tcpaccept

#endif
