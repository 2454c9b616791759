#ifndef TCPACCEPT_REFUSAL_H
#define TCPACCEPT_REFUSAL_H

#include "failure.h"

namespace tcpaccept {

// A refusal of the kernel's, with the reason in place of the symptom where the host shows one: a kernel too old, locked
// down or without type information, or a user namespace. Otherwise `refusal` as it is.
Failure explained(const Failure& refusal);

}  // namespace tcpaccept

#endif
