#ifndef TCPACCEPT_FAILURE_H
#define TCPACCEPT_FAILURE_H

#include <stdexcept>
#include <string>

namespace tcpaccept {

// What went wrong, in the terms of src/errors.ts; addon.cc turns it into a JavaScript error.
struct Failure : std::runtime_error {
  Failure(std::string code_name, std::string step, int error_number, const std::string& sentence)
      : std::runtime_error(sentence), code(std::move(code_name)), operation(std::move(step)), errnum(error_number) {}

  std::string code;       // a name of ERROR_CODES
  std::string operation;  // the step that failed
  int errnum;             // positive errno, 0 when there is none
  std::string log;        // everything libbpf and the verifier said meanwhile
};

}  // namespace tcpaccept

#endif
