#ifndef TCPACCEPT_ADDON_ACCEPT_ENCODER_H
#define TCPACCEPT_ADDON_ACCEPT_ENCODER_H

#include <napi.h>

namespace tcpaccept {

// The NativeAcceptEncoder of src/kernel/binding.ts.
Napi::Function define_accept_encoder(Napi::Env env);

// The names of the steps of its plans, in order.
Napi::Value plan_steps(const Napi::CallbackInfo& info);

}  // namespace tcpaccept

#endif
