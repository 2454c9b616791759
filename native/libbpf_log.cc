#include <cstdarg>
#include <cstdio>

#include "libbpf_log.h"

#include <bpf/libbpf.h>

namespace tcpaccept {

namespace {

constexpr size_t kMaxLogBytes = 1 << 20;

thread_local LibbpfLog* innermost = nullptr;

int print(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_DEBUG) LibbpfLog::append(format, arguments);
  return 0;
}

}  // namespace

LibbpfLog::LibbpfLog() : outer_(innermost) {
  innermost = this;
  libbpf_set_print(print);
}

LibbpfLog::~LibbpfLog() { innermost = outer_; }

void LibbpfLog::append(const char* format, va_list arguments) {
  if (!innermost || innermost->text_.size() > kMaxLogBytes) return;
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return;
  const size_t start = innermost->text_.size();
  innermost->text_.resize(start + length + 1);
  vsnprintf(&innermost->text_[start], length + 1, format, arguments);
  innermost->text_.resize(start + length);
}

}  // namespace tcpaccept
