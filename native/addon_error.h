#ifndef TCPACCEPT_ADDON_ERROR_H
#define TCPACCEPT_ADDON_ERROR_H

#include <napi.h>

#include "failure.h"

namespace tcpaccept {

// A failure as JavaScript sees it; src/errors.ts reads its properties.
inline Napi::Error to_error(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.what());
  Napi::Object properties = error.Value();
  properties.Set("code", failure.code);
  properties.Set("operation", failure.operation);
  properties.Set("errno", failure.errnum);
  properties.Set("log", failure.log);
  return error;
}

}  // namespace tcpaccept

#endif
