#ifndef TCPACCEPT_PROGRAMS_H
#define TCPACCEPT_PROGRAMS_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "filter_sets.h"
#include "pin_directory.h"

namespace tcpaccept {

// What the caller asks for; src/kernel/binding.ts documents each and has checked it.
struct Settings {
  std::string hook;
  uint32_t ring_bytes = 0;
  uint8_t summaries = 0;
  bool connections = false;
  uint32_t pid = 0;
  bool own_process = false;
  uint16_t family = 0;
  std::vector<uint16_t> ports;
  std::string cgroup_map_path;
  std::string mount_namespace_map_path;
  FilterSets filter_sets;
  uint8_t self_mode = 0;
  std::vector<uint16_t> self_ports;
  std::string pin_directory;
  std::string pinned_settings;
};

struct DestroyPrograms {
  void operator()(accept_bpf* programs) const { accept_bpf__destroy(programs); }
};
using Programs = std::unique_ptr<accept_bpf, DestroyPrograms>;

// What the kernel tells of a program; all zero for one that was not loaded.
bpf_prog_info info_of(const bpf_program* program);

// How many instructions the verifier went through, by name of each loaded program; empty before Linux 5.16.
using InstructionCounts = std::map<std::string, uint32_t>;
InstructionCounts verified_instructions(const accept_bpf* programs);

// Opens the programs, applies the settings, loads what the hook needs and learns our own pid. Attaches nothing.
// With `pins`, whose session has the same settings, its maps are used, and nothing that is attached there is loaded.
// Throws Failure; its log holds what libbpf and the verifier said.
Programs load_programs(const Settings& settings, const PinDirectory* pins);

// Loads only the program that lists listeners, and none of the maps. Throws Failure as above.
Programs load_listener_iterator();

}  // namespace tcpaccept

#endif
