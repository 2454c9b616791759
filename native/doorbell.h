#ifndef TCPACCEPT_DOORBELL_H
#define TCPACCEPT_DOORBELL_H

#include <thread>
#include <vector>

#include "file_descriptor.h"

namespace tcpaccept {

// Tells an event loop that a BPF ring has something. A ring's map can be polled, but no event loop in JavaScript takes
// a descriptor of that kind: a thread waits for it, asleep, and writes into a pipe.
class Doorbell {
 public:
  // Throws Failure.
  explicit Doorbell(const std::vector<int>& ring_fds);
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // The pipe's other end, once; who takes it closes it.
  int take_read_end() { return read_end_.release(); }
  // A byte comes as soon as a ring has something, also what it has now. One at most until it is armed again.
  void arm();

 private:
  void wait();

  std::vector<int> ring_fds_;
  FileDescriptor epoll_, end_, read_end_, write_end_;
  std::thread thread_;
};

}  // namespace tcpaccept

#endif
