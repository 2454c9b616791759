#include "pinned_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "failure.h"

namespace tcpaccept {

namespace {

std::string wanted(const PinnedMapShape& shape) {
  return std::string("it takes a pinned hash of ") + shape.keys + ": bpftool map create PATH type hash key " +
         std::to_string(shape.key_bytes) + " value " + std::to_string(shape.value_bytes) + " entries 128 name NAME";
}

Failure refusal(const std::string& path, const PinnedMapShape& shape, int errnum, const std::string& what) {
  return Failure("ERR_PINNED_MAP", "pinned map", errnum,
                 std::string(shape.option) + ": " + path + " " + what + "; " + wanted(shape));
}

std::string type_name(enum bpf_map_type type) {
  const char* name = libbpf_bpf_map_type_str(type);
  return name ? name : "type " + std::to_string(type);
}

// "map", "program" or "link". Asked for its information, a descriptor of any kind fills a map's with its own.
std::string kind_of(const FileDescriptor& pinned) {
  char name[64] = {};  // anon_inode:bpf-map, anon_inode:bpf-prog, anon_inode:bpf-link or bpf_link
  if (readlink(("/proc/self/fd/" + std::to_string(pinned.get())).c_str(), name, sizeof(name) - 1) < 0) return "map";
  if (strstr(name, "prog")) return "program";
  return strstr(name, "link") ? "link" : "map";
}

}  // namespace

FileDescriptor open_pinned_map(const std::string& path, const PinnedMapShape& shape) {
  FileDescriptor map(bpf_obj_get(path.c_str()));
  if (!map) {
    const int error = errno;
    if (error == EPERM) {
      throw Failure("ERR_BPF_PERMISSION", "pinned map", error,
                    std::string(shape.option) + ": opening " + path + " is not permitted: run as root");
    }
    throw refusal(path, shape, error,
                  error == ENOENT                      ? "does not exist"
                  : error == EINVAL || error == EACCES ? "is not a pinned BPF map"
                                                       : std::string("cannot be opened (") + strerror(error) + ")");
  }
  const std::string kind = kind_of(map);
  if (kind != "map") throw refusal(path, shape, 0, "is a pinned " + kind + ", not a map");
  struct bpf_map_info info = {};
  unsigned length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map.get(), &info, &length) < 0) {
    throw refusal(path, shape, errno, std::string("does not say what it is (") + strerror(errno) + ")");
  }
  if (info.type != BPF_MAP_TYPE_HASH || info.key_size != shape.key_bytes || info.value_size != shape.value_bytes) {
    throw refusal(path, shape, 0,
                  "is a map of type " + type_name(static_cast<enum bpf_map_type>(info.type)) + " with key " +
                      std::to_string(info.key_size) + " and value " + std::to_string(info.value_size));
  }
  return map;
}

}  // namespace tcpaccept
