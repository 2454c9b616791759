#ifndef TCPACCEPT_PINNED_SESSION_H
#define TCPACCEPT_PINNED_SESSION_H

#include <cstdint>
#include <string>

#include "filter_sets.h"
#include "pin_directory.h"

namespace tcpaccept {

// Tells builds of the programs and of their maps apart: a hash of the BPF object.
std::string programs_version();

// The text that the session pinned below `path` was made with; empty when there is none.
std::string read_pinned_settings(const std::string& path);

// Throws Failure when the session has another text.
void assert_pinned_settings(const PinDirectory& pins, const std::string& settings);

// Between open and load: every map from its pin. Throws Failure when one is missing, or is not the user's map that the
// settings name now.
void reuse_pinned_maps(const PinDirectory& pins, accept_bpf* programs);

// Between begin and finish: every map, whatever it is for, and the text of the settings. Throws Failure.
void pin_maps(PinDirectory* pins, const accept_bpf* programs, const std::string& settings);

// What an unpinned session was.
struct UnpinnedSession {
  std::string settings;  // empty: there was nothing but what a killed process had not finished
  uint64_t links = 0;
  uint64_t unread_records = 0;
};

// Takes away all that is pinned below `path`. Throws Failure, also when nothing of ours is there.
UnpinnedSession unpin_session(const std::string& path);

}  // namespace tcpaccept

#endif
