#ifndef TCPACCEPT_ADDON_LISTENERS_H
#define TCPACCEPT_ADDON_LISTENERS_H

#include <napi.h>

namespace tcpaccept {

// The NativeListeners of src/kernel/binding.ts.
Napi::Function define_listeners(Napi::Env env);

// The byte offset of each field of tcpaccept_listener, and `bytes`.
Napi::Value listener_layout(const Napi::CallbackInfo& info);

}  // namespace tcpaccept

#endif
