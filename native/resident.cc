#include "resident.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace tcpaccept {

namespace {

constexpr size_t kWorthwhileKib = 1024;

struct Mapping {
  unsigned long begin = 0, end = 0, inode = 0;
  char access[5] = "";
  size_t resident_kib = 0;
};

// The line of /proc/PID/smaps that begins a mapping; the others are "Name: value".
bool read_head(const std::string& line, Mapping* mapping) {
  Mapping read;
  if (sscanf(line.c_str(), "%lx-%lx %4s %*x %*x:%*x %lu", &read.begin, &read.end, read.access, &read.inode) != 4) {
    return false;
  }
  *mapping = read;
  return true;
}

// Private, never writable and of a file: its pages are the file's own, if none was copied (as relocated constants and
// breakpoints are, which would be lost).
bool is_file_only(const Mapping& mapping, size_t copied_kib) {
  return mapping.inode != 0 && mapping.access[0] == 'r' && mapping.access[1] == '-' && mapping.access[3] == 'p' &&
         copied_kib == 0;
}

}  // namespace

void keep_heap_small() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 64 << 10);
}

void unmap_code_of_start() {
  std::ifstream mappings("/proc/self/smaps");
  Mapping mapping;
  for (std::string line; std::getline(mappings, line);) {
    size_t kib;
    if (read_head(line, &mapping)) continue;
    if (sscanf(line.c_str(), "Rss: %zu", &kib) == 1) mapping.resident_kib = kib;
    // Comes after Rss.
    if (sscanf(line.c_str(), "Anonymous: %zu", &kib) != 1) continue;
    if (mapping.resident_kib < kWorthwhileKib || !is_file_only(mapping, kib)) continue;
    madvise(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin, MADV_DONTNEED);
  }
}

}  // namespace tcpaccept
