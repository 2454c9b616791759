#define NAPI_VERSION 9
#include "addon_settings.h"

namespace tcpaccept {

namespace {

std::vector<uint16_t> to_ports(const Napi::Value& value) {
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<uint16_t> ports;
  for (uint32_t i = 0; i < array.Length(); i++) {
    ports.push_back(static_cast<uint16_t>(array.Get(i).As<Napi::Number>().Uint32Value()));
  }
  return ports;
}

std::vector<uint8_t> to_bytes(const Napi::Value& value) {
  const auto array = value.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(array.Data(), array.Data() + array.ByteLength());
}

std::vector<std::string> to_texts(const Napi::Value& value) {
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < array.Length(); i++) texts.push_back(array.Get(i).As<Napi::String>().Utf8Value());
  return texts;
}

MemberSet to_member_set(const Napi::Value& value) {
  const Napi::Object object = value.As<Napi::Object>();
  return {static_cast<uint8_t>(object.Get("rule").As<Napi::Number>().Uint32Value()), to_bytes(object.Get("keys")),
          to_bytes(object.Get("verdicts"))};
}

DirectorySet to_directory_set(const Napi::Value& value) {
  const Napi::Object object = value.As<Napi::Object>();
  return {to_texts(object.Get("included")), to_texts(object.Get("excluded"))};
}

FilterSets to_filter_sets(const Napi::Object& object) {
  return {
      .peers = to_member_set(object.Get("peers")),
      .locals = to_member_set(object.Get("locals")),
      .users = to_member_set(object.Get("users")),
      .network_namespaces = to_member_set(object.Get("networkNamespaces")),
      .cgroups = to_directory_set(object.Get("cgroupDirectories")),
      .containers = to_directory_set(object.Get("containerDirectories")),
  };
}

}  // namespace

Settings to_settings(const Napi::Object& object) {
  const auto number = [&](const char* name) { return object.Get(name).As<Napi::Number>().Uint32Value(); };
  const auto text = [&](const char* name) { return object.Get(name).As<Napi::String>().Utf8Value(); };
  Settings settings;
  settings.hook = text("hook");
  settings.ring_bytes = number("ringBytes");
  settings.summaries = static_cast<uint8_t>(number("summaries"));
  settings.connections = object.Get("connections").As<Napi::Boolean>();
  settings.pid = number("pid");
  settings.own_process = object.Get("ownProcess").As<Napi::Boolean>();
  settings.family = static_cast<uint16_t>(number("family"));
  settings.ports = to_ports(object.Get("ports"));
  settings.cgroup_map_path = text("cgroupMapPath");
  settings.mount_namespace_map_path = text("mountNamespaceMapPath");
  settings.filter_sets = to_filter_sets(object);
  settings.self_mode = static_cast<uint8_t>(number("selfMode"));
  settings.self_ports = to_ports(object.Get("selfPorts"));
  settings.pin_directory = text("pinDirectory");
  settings.pinned_settings = text("pinnedSettings");
  return settings;
}

}  // namespace tcpaccept
