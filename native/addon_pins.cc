#define NAPI_VERSION 9
#include "addon_pins.h"

#include "addon_error.h"
#include "pinned_session.h"

namespace tcpaccept {

Napi::Value programs_version(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), programs_version());
}

Napi::Value pinned_settings(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), read_pinned_settings(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value unpin(const Napi::CallbackInfo& info) {
  try {
    const UnpinnedSession was = unpin_session(info[0].As<Napi::String>().Utf8Value());
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("settings", was.settings);
    object.Set("links", static_cast<double>(was.links));
    object.Set("unreadRecords", static_cast<double>(was.unread_records));
    return object;
  } catch (const Failure& failure) {
    throw to_error(info.Env(), failure);
  }
}

}  // namespace tcpaccept
