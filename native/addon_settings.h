#ifndef TCPACCEPT_ADDON_SETTINGS_H
#define TCPACCEPT_ADDON_SETTINGS_H

#include <napi.h>

#include "programs.h"

namespace tcpaccept {

// From the NativeSettings of src/kernel/binding.ts, which were checked there.
Settings to_settings(const Napi::Object& object);

}  // namespace tcpaccept

#endif
