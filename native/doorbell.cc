#include "doorbell.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "failure.h"

namespace tcpaccept {

namespace {

constexpr int kEnd = -1;

[[noreturn]] void fail(const char* what, int error) {
  throw Failure("ERR_INTERNAL", "doorbell", error, std::string(what) + " for the ring: " + strerror(error));
}

void control(int epoll, int operation, int fd, int32_t what, uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = what}};
  if (epoll_ctl(epoll, operation, fd, &event) != 0) fail("epoll_ctl", errno);
}

// Signals are the event loop's.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Doorbell::Doorbell(const std::vector<int>& ring_fds)
    : ring_fds_(ring_fds), epoll_(epoll_create1(EPOLL_CLOEXEC)), end_(eventfd(0, EFD_CLOEXEC)) {
  int ends[2];
  if (!epoll_ || !end_ || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) fail("no descriptor", errno);
  read_end_ = FileDescriptor(ends[0]);
  write_end_ = FileDescriptor(ends[1]);
  control(epoll_.get(), EPOLL_CTL_ADD, end_.get(), kEnd, EPOLLIN);
  for (int fd : ring_fds_) control(epoll_.get(), EPOLL_CTL_ADD, fd, fd, EPOLLONESHOT);
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread(&Doorbell::wait, this);
  } catch (const std::system_error& error) {
    fail("no thread", error.code().value());
  }
  pthread_setname_np(thread_.native_handle(), "tcpaccept-ring");
}

Doorbell::~Doorbell() {
  eventfd_write(end_.get(), 1);
  thread_.join();
}

void Doorbell::arm() {
  for (int fd : ring_fds_) control(epoll_.get(), EPOLL_CTL_MOD, fd, fd, EPOLLIN | EPOLLONESHOT);
}

void Doorbell::wait() {
  for (;;) {
    epoll_event event;
    if (epoll_wait(epoll_.get(), &event, 1, -1) < 1) continue;
    if (event.data.fd == kEnd) return;
    // Nothing is lost where that fails: a byte is there already, or nobody reads any more.
    [[maybe_unused]] const ssize_t written = write(write_end_.get(), "", 1);
  }
}

}  // namespace tcpaccept
