#define NAPI_VERSION 9
#include "addon_accept_encoder.h"

#include "accept_plans.h"
#include "addon_error.h"

namespace tcpaccept {

namespace {

constexpr size_t kRecordBytes = sizeof(tcpaccept_event);

// A typed array of any values, as it lies in memory.
template <typename Number>
struct Numbers {
  Number* data;
  size_t count;

  explicit Numbers(const Napi::Value& value) {
    auto array = value.As<Napi::TypedArrayOf<Number>>();
    data = array.Data();
    count = array.ElementLength();
  }
};

class AcceptEncoderObject : public Napi::ObjectWrap<AcceptEncoderObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "AcceptEncoder",
        {InstanceMethod<&AcceptEncoderObject::find>("find"), InstanceMethod<&AcceptEncoderObject::set_plan>("setPlan"),
         InstanceMethod<&AcceptEncoderObject::most_bytes>("mostBytes"),
         InstanceMethod<&AcceptEncoderObject::clear>("clear"), InstanceMethod<&AcceptEncoderObject::encode>("encode")});
  }

  explicit AcceptEncoderObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<AcceptEncoderObject>(info), plans_(make_plans(info)) {}

 private:
  static AcceptPlans make_plans(const Napi::CallbackInfo& info) {
    const Numbers<uint32_t> words(info[0]);
    try {
      return AcceptPlans(words.data, words.count);
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  static void expect(bool holds, const char* otherwise) {
    if (!holds) throw Failure("ERR_INTERNAL", "encode", 0, otherwise);
  }

  // find(records, from, to, plans)
  void find(const Napi::CallbackInfo& info) {
    const Numbers<uint8_t> records(info[0]);
    const size_t from = index(info[1]), to = index(info[2]);
    const Numbers<uint32_t> plans(info[3]);
    try {
      expect(to * kRecordBytes <= records.count && to <= plans.count, "the batch has fewer records");
      for (size_t i = from; i < to; i++) plans.data[i] = plans_.find(records.data + i * kRecordBytes);
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  // setPlan(records, index, steps, literals)
  Napi::Value set_plan(const Napi::CallbackInfo& info) {
    const Numbers<uint8_t> records(info[0]);
    const size_t at = index(info[1]);
    const Numbers<uint32_t> steps(info[2]);
    const Numbers<uint8_t> literals(info[3]);
    try {
      expect((at + 1) * kRecordBytes <= records.count, "the batch has fewer records");
      AcceptPlan plan(steps.data, steps.count, literals.data, literals.count);
      return Napi::Number::New(info.Env(), plans_.set(records.data + at * kRecordBytes, std::move(plan)));
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  Napi::Value most_bytes(const Napi::CallbackInfo& info) {
    try {
      return Napi::Number::New(info.Env(), plans_.at(index(info[0])).most_bytes());
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  void clear(const Napi::CallbackInfo&) { plans_.clear(); }

  // encode(records, plans, clock, spans, out, progress): progress is from, to, where in `out`, and where to stop there.
  void encode(const Napi::CallbackInfo& info) {
    const Numbers<uint8_t> records(info[0]);
    const Numbers<uint32_t> plans(info[1]);
    const Numbers<uint64_t> clock(info[2]);
    const bool has_spans = info[3].IsTypedArray();
    const Numbers<uint8_t> out(info[4]);
    const Numbers<uint32_t> progress(info[5]);
    try {
      expect(progress.count >= 4 && clock.count >= 2, "an array is too short");
      size_t i = progress.data[0];
      const size_t to = progress.data[1], stop = progress.data[3];
      expect(to * kRecordBytes <= records.count && to <= plans.count, "the batch has fewer records");
      expect(progress.data[2] <= out.count, "there is no room there");
      const uint8_t* spans = has_spans ? spans_of(info[3], to) : nullptr;
      uint8_t* at = out.data + progress.data[2];
      const uint8_t* const end = out.data + out.count;
      PlanInput input{clock.data[0], clock.data[1], nullptr, nullptr};
      for (; i < to && static_cast<size_t>(at - out.data) < stop; i++) {
        const AcceptPlan& plan = plans_.at(plans.data[i]);
        if (static_cast<size_t>(end - at) < plan.most_bytes()) break;
        input.record = records.data + i * kRecordBytes;
        input.span = spans ? span_at(spans + i * AcceptPlan::kSpanBytes) : nullptr;
        at = plan.write(at, input);
      }
      progress.data[0] = i;
      progress.data[2] = at - out.data;
    } catch (const Failure& failure) {
      throw to_error(info.Env(), failure);
    }
  }

  static size_t index(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }

  static const uint8_t* spans_of(const Napi::Value& value, size_t count) {
    const Numbers<uint8_t> spans(value);
    expect(count * AcceptPlan::kSpanBytes <= spans.count, "there are fewer spans than records");
    return spans.data;
  }

  // Ids are never all zeros: those of a record without a span are.
  static const uint8_t* span_at(const uint8_t* span) {
    for (size_t i = 0; i < AcceptPlan::kSpanBytes; i++) {
      if (span[i] != 0) return span;
    }
    return nullptr;
  }

  AcceptPlans plans_;
};

}  // namespace

Napi::Function define_accept_encoder(Napi::Env env) { return AcceptEncoderObject::define(env); }

Napi::Value plan_steps(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < std::size(kPlanStepNames); i++) names[i] = kPlanStepNames[i];
  return names;
}

}  // namespace tcpaccept
