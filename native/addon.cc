#define NAPI_VERSION 9
#include <napi.h>
#include <time.h>

#include <set>

#include "addon_accept_encoder.h"
#include "addon_error.h"
#include "addon_instructions.h"
#include "addon_layouts.h"
#include "addon_listeners.h"
#include "addon_pins.h"
#include "addon_settings.h"
#include "resident.h"
#include "session.h"

// Node-API and nothing else: from checked JavaScript values to a Session and back. JavaScript runs on the environment's
// thread only, and there is no libuv, so one binary serves every Node. State hangs on the environment, so worker
// threads each have their own.

namespace {

using tcpaccept::Failure;
using tcpaccept::Session;
using tcpaccept::to_error;
using tcpaccept::to_settings;

class SessionObject;

// Everything the addon keeps for one environment.
struct Environment {
  Napi::FunctionReference session_constructor;
  std::set<SessionObject*> open_sessions;
};

class SessionObject : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Session",
                       {
                           InstanceMethod<&SessionObject::drain>("drain"),
                           InstanceMethod<&SessionObject::ring_fill>("ringFill"),
                           InstanceMethod<&SessionObject::set_overloaded>("setOverloaded"),
                           InstanceMethod<&SessionObject::open_doorbell>("openDoorbell"),
                           InstanceMethod<&SessionObject::set_reader_sleeps>("setReaderSleeps"),
                           InstanceMethod<&SessionObject::turn_summaries>("turnSummaries"),
                           InstanceMethod<&SessionObject::drain_summaries>("drainSummaries"),
                           InstanceMethod<&SessionObject::settle_summaries>("settleSummaries"),
                           InstanceMethod<&SessionObject::ended_summaries>("endedSummaries"),
                           InstanceMethod<&SessionObject::release>("release"),
                           InstanceMethod<&SessionObject::drain_ends>("drainEnds"),
                           InstanceMethod<&SessionObject::origin>("origin"),
                           InstanceMethod<&SessionObject::read_notes>("readNotes"),
                           InstanceMethod<&SessionObject::write_notes>("writeNotes"),
                           InstanceMethod<&SessionObject::counters>("counters"),
                           InstanceMethod<&SessionObject::settle>("settle"),
                           InstanceMethod<&SessionObject::host_pid>("hostPid"),
                           InstanceMethod<&SessionObject::verified_instructions>("verifiedInstructions"),
                           InstanceMethod<&SessionObject::detach>("detach"),
                           InstanceMethod<&SessionObject::close>("close"),
                           InstanceMethod<&SessionObject::abandon>("abandon"),
                       });
  }

  explicit SessionObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<SessionObject>(info), environment_(info.Env().GetInstanceData<Environment>()) {
    try {
      session_ = std::make_unique<Session>(to_settings(info[0].As<Napi::Object>()));
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
    environment_->open_sessions.insert(this);
  }

  // Also the finalizer: plain C++ only, JavaScript must not be touched here.
  ~SessionObject() override { shut(); }

  void shut() {
    session_.reset();
    environment_->open_sessions.erase(this);
  }

 private:
  Session& opened(Napi::Env env) {
    if (!session_) throw to_error(env, Failure("ERR_CLOSED", "use", 0, "the session is closed"));
    return *session_;
  }

  static uint64_t* numbers(const Napi::CallbackInfo& info, size_t count) {
    auto array = info[0].As<Napi::BigUint64Array>();
    if (array.ElementLength() < count) throw Napi::RangeError::New(info.Env(), "array too short");
    return array.Data();
  }

  Napi::Value ring_fill(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), opened(info.Env()).ring_fill());
  }

  void set_overloaded(const Napi::CallbackInfo& info) {
    opened(info.Env()).set_overloaded(info[0].As<Napi::Boolean>());
  }

  Napi::Value open_doorbell(const Napi::CallbackInfo& info) {
    try {
      return Napi::Number::New(info.Env(), opened(info.Env()).open_doorbell());
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void set_reader_sleeps(const Napi::CallbackInfo& info) {
    try {
      opened(info.Env()).set_reader_sleeps(info[0].As<Napi::Boolean>());
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  Napi::Value turn_summaries(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), opened(info.Env()).turn_summaries());
  }

  Napi::Value drain_summaries(const Napi::CallbackInfo& info) {
    auto into = info[0].As<Napi::Uint8Array>();
    try {
      return Napi::Number::New(info.Env(), opened(info.Env()).drain_summaries(into.Data(), into.ByteLength()));
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void settle_summaries(const Napi::CallbackInfo& info) {
    try {
      opened(info.Env()).settle_summaries();
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void ended_summaries(const Napi::CallbackInfo& info) {
    opened(info.Env()).ended_summaries(numbers(info, tcpaccept::Summaries::kEnded));
  }

  Napi::Value drain(const Napi::CallbackInfo& info) {
    auto into = info[0].As<Napi::Uint8Array>();
    try {
      return Napi::Number::New(info.Env(), opened(info.Env()).drain(into.Data(), into.ByteLength()));
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  Napi::Value drain_ends(const Napi::CallbackInfo& info) {
    auto into = info[0].As<Napi::Uint8Array>();
    try {
      return Napi::Number::New(info.Env(), opened(info.Env()).drain_ends(into.Data(), into.ByteLength()));
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void release(const Napi::CallbackInfo& info) {
    try {
      opened(info.Env()).release(info[0].As<Napi::Number>().Uint32Value());
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void origin(const Napi::CallbackInfo& info) { opened(info.Env()).origin(numbers(info, Session::kOrigin)); }
  void read_notes(const Napi::CallbackInfo& info) { opened(info.Env()).read_notes(numbers(info, TCPACCEPT_NOTES)); }
  void write_notes(const Napi::CallbackInfo& info) { opened(info.Env()).write_notes(numbers(info, TCPACCEPT_NOTES)); }

  void counters(const Napi::CallbackInfo& info) { opened(info.Env()).counters(numbers(info, Session::kCounters)); }

  Napi::Value settle(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), opened(info.Env()).settle());
  }

  Napi::Value host_pid(const Napi::CallbackInfo& info) {
    try {
      return Napi::Number::New(info.Env(), opened(info.Env()).host_pid());
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  Napi::Value verified_instructions(const Napi::CallbackInfo& info) {
    return tcpaccept::to_object(info.Env(), opened(info.Env()).verified_instructions());
  }

  void detach(const Napi::CallbackInfo& info) {
    try {
      opened(info.Env()).detach();
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void close(const Napi::CallbackInfo&) { shut(); }

  void abandon(const Napi::CallbackInfo& info) {
    try {
      opened(info.Env()).abandon();
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
    shut();
  }

  Environment* environment_;
  std::unique_ptr<Session> session_;
};

Napi::Value open(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<Environment>()->session_constructor.New({info[0]});
}

int64_t read_ns(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// The wall clock between two reads of the boot clock; the tightest of three, since we may be preempted between them.
void read_clock(const Napi::CallbackInfo& info) {
  auto into = info[0].As<Napi::BigInt64Array>();
  if (into.ElementLength() < 2) throw Napi::RangeError::New(info.Env(), "readClock: array too short");
  int64_t tightest = INT64_MAX;
  for (int i = 0; i < 3; i++) {
    const int64_t before = read_ns(CLOCK_BOOTTIME);
    const int64_t wall = read_ns(CLOCK_REALTIME);
    const int64_t after = read_ns(CLOCK_BOOTTIME);
    if (after - before >= tightest) continue;
    tightest = after - before;
    into[0] = wall - (before + tightest / 2);
    into[1] = wall;
  }
}

void keep_heap_small(const Napi::CallbackInfo&) { tcpaccept::keep_heap_small(); }
void unmap_code_of_start(const Napi::CallbackInfo&) { tcpaccept::unmap_code_of_start(); }

// Runs when the environment ends, before finalizers and in no order with them: sessions are closed here, objects later.
void close_all(Environment* environment) {
  while (!environment->open_sessions.empty()) (*environment->open_sessions.begin())->shut();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment();
  env.SetInstanceData<Environment>(environment);
  env.AddCleanupHook(close_all, environment);
  environment->session_constructor = Napi::Persistent(SessionObject::define(env));
  exports.Set("open", Napi::Function::New(env, open));
  exports.Set("programsVersion", Napi::Function::New(env, tcpaccept::programs_version));
  exports.Set("pinnedSettings", Napi::Function::New(env, tcpaccept::pinned_settings));
  exports.Set("unpin", Napi::Function::New(env, tcpaccept::unpin));
  exports.Set("readClock", Napi::Function::New(env, read_clock));
  exports.Set("keepHeapSmall", Napi::Function::New(env, keep_heap_small));
  exports.Set("unmapCodeOfStart", Napi::Function::New(env, unmap_code_of_start));
  exports.Set("recordLayout", Napi::Function::New(env, tcpaccept::record_layout));
  exports.Set("summaryLayout", Napi::Function::New(env, tcpaccept::summary_layout));
  exports.Set("endLayout", Napi::Function::New(env, tcpaccept::end_layout));
  exports.Set("AcceptEncoder", tcpaccept::define_accept_encoder(env));
  exports.Set("planSteps", Napi::Function::New(env, tcpaccept::plan_steps));
  exports.Set("Listeners", tcpaccept::define_listeners(env));
  exports.Set("listenerLayout", Napi::Function::New(env, tcpaccept::listener_layout));
  return exports;
}

}  // namespace

NODE_API_MODULE(tcpaccept, init)
