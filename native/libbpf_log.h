#ifndef TCPACCEPT_LIBBPF_LOG_H
#define TCPACCEPT_LIBBPF_LOG_H

#include <string>

namespace tcpaccept {

// Keeps what libbpf prints on this thread while it lives; libbpf itself knows only one printer for the whole process.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  const std::string& text() const { return text_; }

  // For the printer: appends to the innermost log of the calling thread, if it has one.
  static void append(const char* format, va_list arguments);

 private:
  std::string text_;
  LibbpfLog* outer_;
};

}  // namespace tcpaccept

#endif
