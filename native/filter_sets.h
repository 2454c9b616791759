#ifndef TCPACCEPT_FILTER_SETS_H
#define TCPACCEPT_FILTER_SETS_H

#include <cstdint>
#include <string>
#include <vector>

#include "../bpf/event.h"  // the skeleton names its types

#include "accept.skel.h"

namespace tcpaccept {

// Members of one set and whether each is kept; src/kernel/binding.ts documents it.
struct MemberSet {
  uint8_t rule = 0;               // SET_UNUSED and on, of bpf/maps.h
  std::vector<uint8_t> keys;      // one after the other, each as long as the map's key
  std::vector<uint8_t> verdicts;  // one a key
};

// Paths of cgroup v2 directories.
struct DirectorySet {
  std::vector<std::string> included;
  std::vector<std::string> excluded;
};

struct FilterSets {
  MemberSet peers;
  MemberSet locals;
  MemberSet users;
  MemberSet network_namespaces;
  DirectorySet cgroups;
  DirectorySet containers;
};

// Between open and load: switches the filters on, and leaves out the maps of those that are not used.
void choose_filter_sets(const FilterSets& sets, accept_bpf* programs);

// After load. Throws Failure: ERR_USAGE for a directory that is not a cgroup's.
void fill_filter_sets(const FilterSets& sets, accept_bpf* programs);

}  // namespace tcpaccept

#endif
