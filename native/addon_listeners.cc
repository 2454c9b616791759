#define NAPI_VERSION 9
#include "addon_listeners.h"

#include <cstddef>

#include "addon_error.h"
#include "addon_instructions.h"
#include "listeners.h"

namespace tcpaccept {

namespace {

class ListenersObject : public Napi::ObjectWrap<ListenersObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Listeners",
                       {InstanceMethod<&ListenersObject::list>("list"),
                        InstanceMethod<&ListenersObject::verified_instructions>("verifiedInstructions"),
                        InstanceMethod<&ListenersObject::close>("close")});
  }

  explicit ListenersObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ListenersObject>(info) {
    try {
      listeners_ = std::make_unique<Listeners>();
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

 private:
  const Listeners& opened() const {
    if (!listeners_) throw Failure("ERR_CLOSED", "use", 0, "the list of listeners is closed");
    return *listeners_;
  }

  Napi::Value list(const Napi::CallbackInfo& info) {
    try {
      const auto listed = opened().list();
      const auto* bytes = reinterpret_cast<const uint8_t*>(listed.data());
      return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes, listed.size() * sizeof(tcpaccept_listener));
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  Napi::Value verified_instructions(const Napi::CallbackInfo& info) {
    try {
      return to_object(info.Env(), opened().verified_instructions());
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void close(const Napi::CallbackInfo&) { listeners_.reset(); }

  std::unique_ptr<Listeners> listeners_;
};

}  // namespace

Napi::Function define_listeners(Napi::Env env) { return ListenersObject::define(env); }

Napi::Value listener_layout(const Napi::CallbackInfo& info) {
  Napi::Object layout = Napi::Object::New(info.Env());
#define FIELD(name) layout.Set(#name, static_cast<double>(offsetof(tcpaccept_listener, name)))
  FIELD(socket);
  FIELD(reuseport_group);
  FIELD(cgroup_id);
  FIELD(process_start_boot_ns);
  FIELD(local_address);
  FIELD(comm);
  FIELD(executable_name);
  FIELD(pid);
  FIELD(namespace_pid);
  FIELD(user_id);
  FIELD(real_user_id);
  FIELD(exec_count);
  FIELD(network_namespace);
  FIELD(queue_length);
  FIELD(queue_limit);
  FIELD(descriptor);
  FIELD(local_port);
  FIELD(socket_family);
  FIELD(flags);
#undef FIELD
  layout.Set("bytes", static_cast<double>(sizeof(tcpaccept_listener)));
  return layout;
}

}  // namespace tcpaccept
