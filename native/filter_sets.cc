#include "filter_sets.h"

#include <bpf/libbpf.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "failure.h"
#include "file_descriptor.h"

namespace tcpaccept {

namespace {

void fill(bpf_map* map, const MemberSet& set) {
  const size_t key_bytes = bpf_map__key_size(map);
  for (size_t i = 0; i < set.verdicts.size(); i++) {
    const int error = -bpf_map__update_elem(map, &set.keys[i * key_bytes], key_bytes, &set.verdicts[i], 1, BPF_ANY);
    if (error) {
      throw Failure("ERR_BPF_LOAD", "filter set", error,
                    std::string("the set of ") + bpf_map__name(map) + " cannot be filled: " + strerror(error));
    }
  }
}

void insert_directory(bpf_map* map, uint32_t index, const std::string& path) {
  const FileDescriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) {
    throw Failure("ERR_USAGE", "filter set", errno, path + " cannot be opened as a directory: " + strerror(errno));
  }
  const int fd = directory.get();
  const int error = -bpf_map__update_elem(map, &index, sizeof(index), &fd, sizeof(fd), BPF_ANY);
  if (error == EBADF) throw Failure("ERR_USAGE", "filter set", error, path + " is not a cgroup v2 directory");
  if (error) {
    throw Failure("ERR_BPF_LOAD", "filter set", error, path + " cannot be used as a filter: " + strerror(error));
  }
}

void fill(bpf_map* map, const DirectorySet& set) {
  uint32_t index = 0;
  for (const auto* paths : {&set.included, &set.excluded}) {
    for (const std::string& path : *paths) insert_directory(map, index++, path);
  }
}

bool is_used(const MemberSet& set) { return set.rule != 0; }
bool is_used(const DirectorySet& set) { return !set.included.empty() || !set.excluded.empty(); }

}  // namespace

void choose_filter_sets(const FilterSets& sets, accept_bpf* programs) {
  auto* constants = programs->rodata;
  constants->filter_peers = sets.peers.rule;
  constants->filter_locals = sets.locals.rule;
  constants->filter_users = sets.users.rule;
  constants->filter_network_namespaces = sets.network_namespaces.rule;
  constants->cgroups_included = sets.cgroups.included.size();
  constants->cgroups_excluded = sets.cgroups.excluded.size();
  constants->containers_included = sets.containers.included.size();
  constants->containers_excluded = sets.containers.excluded.size();
  auto& maps = programs->maps;
  bpf_map__set_autocreate(maps.peers, is_used(sets.peers));
  bpf_map__set_autocreate(maps.locals, is_used(sets.locals));
  bpf_map__set_autocreate(maps.users, is_used(sets.users));
  bpf_map__set_autocreate(maps.network_namespaces, is_used(sets.network_namespaces));
  bpf_map__set_autocreate(maps.cgroup_directories, is_used(sets.cgroups));
  bpf_map__set_autocreate(maps.container_directories, is_used(sets.containers));
}

void fill_filter_sets(const FilterSets& sets, accept_bpf* programs) {
  auto& maps = programs->maps;
  fill(maps.peers, sets.peers);
  fill(maps.locals, sets.locals);
  fill(maps.users, sets.users);
  fill(maps.network_namespaces, sets.network_namespaces);
  fill(maps.cgroup_directories, sets.cgroups);
  fill(maps.container_directories, sets.containers);
}

}  // namespace tcpaccept
