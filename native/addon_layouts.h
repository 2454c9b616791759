#ifndef TCPACCEPT_ADDON_LAYOUTS_H
#define TCPACCEPT_ADDON_LAYOUTS_H

#include <napi.h>

namespace tcpaccept {

// The byte offset of each field of tcpaccept_event, of tcpaccept_summary and of tcpaccept_end, and `bytes`.
Napi::Value record_layout(const Napi::CallbackInfo& info);
Napi::Value summary_layout(const Napi::CallbackInfo& info);
Napi::Value end_layout(const Napi::CallbackInfo& info);

}  // namespace tcpaccept

#endif
