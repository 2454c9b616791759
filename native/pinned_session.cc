#include "pinned_session.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include "failure.h"
#include "kretprobe_event.h"
#include "ring.h"

namespace tcpaccept {

namespace {

constexpr char kSettings[] = "settings";
// Removing an event right after its last link went is refused for a moment.
constexpr int kEventTries = 50;
constexpr useconds_t kEventPauseMicros = 20'000;

bpf_map_info info_of(int map_fd) {
  bpf_map_info info = {};
  unsigned length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map_fd, &info, &length) < 0) {
    throw Failure("ERR_PIN", "pin", errno, std::string("--pin: a map does not say what it is: ") + strerror(errno));
  }
  return info;
}

// The skeleton's name of it: libbpf gives a map that is used again its own. A dot is refused on a BPF file system.
std::string pin_name(const bpf_map_skeleton& map) {
  std::string name = std::string("map_") + map.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::span<const bpf_map_skeleton> maps_of(const accept_bpf* programs) {
  return {programs->skeleton->maps, static_cast<size_t>(programs->skeleton->map_cnt)};
}

std::string text_of(const FileDescriptor& map) {
  std::vector<char> value(info_of(map.get()).value_size + 1);
  const uint32_t zero = 0;
  bpf_map_lookup_elem(map.get(), &zero, value.data());
  return value.data();
}

void remove_event(const std::string& name) {
  const KretprobeEvent event(name);
  for (int i = 0; i < kEventTries && !event.remove(); i++) usleep(kEventPauseMicros);
}

Failure filling_failed(int errnum) {
  return Failure("ERR_PIN", "pin", errnum, std::string("--pin: the settings cannot be kept: ") + strerror(errnum));
}

FileDescriptor map_of(const std::string& text) {
  FileDescriptor map(
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "tcpaccept_pin", sizeof(uint32_t), text.size() + 1, 1, nullptr));
  const uint32_t zero = 0;
  if (!map || bpf_map_update_elem(map.get(), &zero, text.c_str(), BPF_ANY) < 0) throw filling_failed(errno);
  return map;
}

}  // namespace

// FNV-1a, 64 bits: two builds are to be told apart, nobody is to be kept out.
std::string programs_version() {
  size_t bytes;
  const auto* object = static_cast<const uint8_t*>(accept_bpf__elf_bytes(&bytes));
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ object[i]) * 0x100000001b3;
  char text[17];
  snprintf(text, sizeof(text), "%016lx", hash);
  return text;
}

std::string read_pinned_settings(const std::string& path) {
  FileDescriptor map(bpf_obj_get((path + "/session/" + kSettings).c_str()));
  return map ? text_of(map) : "";
}

void assert_pinned_settings(const PinDirectory& pins, const std::string& settings) {
  if (text_of(pins.open(kSettings)) == settings) return;
  throw Failure("ERR_PIN", "pin", 0,
                "--pin: " + pins.path() + " was pinned anew with other settings just now: start again");
}

void reuse_pinned_maps(const PinDirectory& pins, accept_bpf* programs) {
  for (const bpf_map_skeleton& one : maps_of(programs)) {
    bpf_map* map = *one.map;
    if (!bpf_map__autocreate(map)) continue;
    const FileDescriptor pinned = pins.open(pin_name(one));
    if (bpf_map__fd(map) >= 0 && info_of(bpf_map__fd(map)).id != info_of(pinned.get()).id) {
      throw Failure("ERR_PIN", "pin", 0,
                    std::string("--pin: the map of ") + one.name + " was made anew since " + pins.path() +
                        " was pinned, which still uses the old one; otel-tcpaccept unpin " + pins.path() +
                        " gives that up");
    }
    const int error = -bpf_map__reuse_fd(map, pinned.get());
    if (error)
      throw Failure("ERR_PIN", "pin", error, "--pin: a pinned map cannot be used: " + std::string(strerror(error)));
  }
}

void pin_maps(PinDirectory* pins, const accept_bpf* programs, const std::string& settings) {
  for (const bpf_map_skeleton& map : maps_of(programs)) {
    if (bpf_map__fd(*map.map) >= 0) pins->add(pin_name(map), bpf_map__fd(*map.map));
  }
  pins->add(kSettings, map_of(settings).get());
}

UnpinnedSession unpin_session(const std::string& path) {
  PinDirectory pins(path, false);
  UnpinnedSession was;
  was.settings = read_pinned_settings(pins.path());
  for (const std::string& name : pins.names()) was.links += name.rfind("link_", 0) == 0;
  const std::string event = pins.note_of("kretprobe");
  FileDescriptor ring_map;
  if (pins.has("map_ring")) ring_map = pins.open("map_ring");
  pins.remove_all();
  if (!event.empty()) remove_event(event);
  if (ring_map) {
    const Ring ring(ring_map.get(), info_of(ring_map.get()).max_entries, sizeof(tcpaccept_event));
    was.unread_records = ring.pending_records();
  }
  return was;
}

}  // namespace tcpaccept
