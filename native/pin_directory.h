#ifndef TCPACCEPT_PIN_DIRECTORY_H
#define TCPACCEPT_PIN_DIRECTORY_H

#include <string>
#include <vector>

#include "file_descriptor.h"

namespace tcpaccept {

// The directory of --pin on a BPF file system, held by one process at a time.
//
// What is pinned lies below it in `session`, which comes to be and goes in one step, by renaming: what a process killed
// in between leaves is in `unfinished`, and worth nothing.
class PinDirectory {
 public:
  // Opens it, makes it (mode 0700) if `make` and it is missing, and holds it. Throws Failure ERR_PIN when it cannot be
  // used, ERR_PIN_HELD naming the process that holds it.
  PinDirectory(const std::string& path, bool make);
  // Takes away what was not finished, and the directory itself if it was made here for nothing.
  ~PinDirectory();
  PinDirectory(const PinDirectory&) = delete;
  PinDirectory& operator=(const PinDirectory&) = delete;

  const std::string& path() const { return path_; }
  bool has_session() const;

  // What is to be pinned from here on is found only after `finish`. Throws Failure.
  void begin();
  void add(const std::string& name, int fd);
  // A short text.
  void note(const std::string& name, const std::string& text);
  void finish();

  // Of the session. Throws Failure when there is none of that name.
  FileDescriptor open(const std::string& name) const;
  bool has(const std::string& name) const;
  std::string note_of(const std::string& name) const;  // empty when there is none
  std::vector<std::string> names() const;
  void remove(const std::string& name) const;
  // Takes away all that was ever pinned here, then the directory. Links go first, which ends the recording.
  void remove_all();

 private:
  void hold(bool make);
  void assert_ours() const;
  std::string session(const std::string& name) const { return path_ + "/session/" + name; }

  std::string path_;
  FileDescriptor directory_;  // its lock is ours as long as it is open
  bool was_made_ = false;
  bool is_unfinished_ = false;
};

}  // namespace tcpaccept

#endif
