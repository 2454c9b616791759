#ifndef TCPACCEPT_ADDON_PINS_H
#define TCPACCEPT_ADDON_PINS_H

#include <napi.h>

namespace tcpaccept {

// programsVersion, pinnedSettings and unpin of the NativeBinding of src/kernel/binding.ts.
Napi::Value programs_version(const Napi::CallbackInfo& info);
Napi::Value pinned_settings(const Napi::CallbackInfo& info);
Napi::Value unpin(const Napi::CallbackInfo& info);

}  // namespace tcpaccept

#endif
