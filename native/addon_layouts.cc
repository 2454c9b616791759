#include "addon_layouts.h"

#include <cstddef>

#include "../bpf/end.h"
#include "../bpf/event.h"

namespace tcpaccept {

Napi::Value record_layout(const Napi::CallbackInfo& info) {
  Napi::Object layout = Napi::Object::New(info.Env());
#define FIELD(name) layout.Set(#name, static_cast<double>(offsetof(tcpaccept_event, name)))
  FIELD(accepted_boot_ns);
  FIELD(sequence);
  FIELD(queue_duration_ns);
  FIELD(cgroup_id);
  FIELD(socket_cookie);
  FIELD(process_start_boot_ns);
  FIELD(peer_address);
  FIELD(local_address);
  FIELD(comm);
  FIELD(executable_name);
  FIELD(pid);
  FIELD(tid);
  FIELD(namespace_pid);
  FIELD(user_id);
  FIELD(real_user_id);
  FIELD(exec_count);
  FIELD(network_namespace);
  FIELD(mount_namespace);
  FIELD(queue_length);
  FIELD(queue_limit);
  FIELD(rtt_us);
  FIELD(cpu);
  FIELD(peer_port);
  FIELD(local_port);
  FIELD(socket_family);
  FIELD(method);
  FIELD(flags);
#undef FIELD
  layout.Set("bytes", static_cast<double>(sizeof(tcpaccept_event)));
  return layout;
}

Napi::Value summary_layout(const Napi::CallbackInfo& info) {
  Napi::Object layout = Napi::Object::New(info.Env());
#define FIELD(part, name) \
  layout.Set(#name, static_cast<double>(offsetof(tcpaccept_summary, part) + offsetof(tcpaccept_summary_##part, name)))
  FIELD(key, cgroup_id);
  FIELD(key, process_start_boot_ns);
  FIELD(key, executable_name);
  FIELD(key, real_user_id);
  FIELD(key, exec_count);
  FIELD(key, peer_address);
  FIELD(key, local_address);
  FIELD(key, comm);
  FIELD(key, pid);
  FIELD(key, namespace_pid);
  FIELD(key, user_id);
  FIELD(key, network_namespace);
  FIELD(key, mount_namespace);
  FIELD(key, local_port);
  FIELD(counts, accepts);
  FIELD(counts, first_boot_ns_flipped);
  FIELD(counts, last_boot_ns);
  FIELD(counts, queue_known);
  FIELD(counts, queue_duration_sum_ns);
  FIELD(counts, queue_duration_max_ns);
#undef FIELD
  layout.Set("level", static_cast<double>(offsetof(tcpaccept_summary, level)));
  layout.Set("bytes", static_cast<double>(sizeof(tcpaccept_summary)));
  return layout;
}

Napi::Value end_layout(const Napi::CallbackInfo& info) {
  Napi::Object layout = Napi::Object::New(info.Env());
#define FIELD(name) layout.Set(#name, static_cast<double>(offsetof(tcpaccept_end, name)))
  FIELD(accept);
  FIELD(closed_boot_ns);
  FIELD(bytes_received);
  FIELD(bytes_acked);
  FIELD(bytes_in_flight);
  FIELD(segments_received);
  FIELD(segments_sent);
  FIELD(segments_retransmitted);
  FIELD(rtt_us);
  FIELD(error);
  FIELD(last_state);
  FIELD(flags);
#undef FIELD
  layout.Set("bytes", static_cast<double>(sizeof(tcpaccept_end)));
  return layout;
}

}  // namespace tcpaccept
