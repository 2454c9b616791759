#ifndef TCPACCEPT_ADDON_INSTRUCTIONS_H
#define TCPACCEPT_ADDON_INSTRUCTIONS_H

#include <napi.h>

#include "programs.h"

namespace tcpaccept {

// Counts as a JavaScript object, by program.
inline Napi::Object to_object(Napi::Env env, const InstructionCounts& counts) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [program, count] : counts) object.Set(program, count);
  return object;
}

}  // namespace tcpaccept

#endif
