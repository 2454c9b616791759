#ifndef TCPACCEPT_PINNED_MAP_H
#define TCPACCEPT_PINNED_MAP_H

#include <string>

#include "file_descriptor.h"

namespace tcpaccept {

// The shape a pinned filter set must have: bcc's, so that the maps people made for tcpaccept(8) serve.
struct PinnedMapShape {
  const char* option;  // the option that names the path, for the sentence
  const char* keys;    // what a key is
  unsigned key_bytes;
  unsigned value_bytes;
};

inline constexpr PinnedMapShape kCgroupSet{"--cgroupmap", "cgroup v2 ids", 8, 8};
inline constexpr PinnedMapShape kMountNamespaceSet{"--mntnsmap", "mount-namespace inode numbers", 8, 4};

// Opens the pin and checks its shape. Never creates anything: an empty set made from a mistyped path would show nothing
// for ever. Throws Failure ERR_PINNED_MAP saying what is there and what should be.
FileDescriptor open_pinned_map(const std::string& path, const PinnedMapShape& shape);

}  // namespace tcpaccept

#endif
