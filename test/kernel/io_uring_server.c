/*
 * Accepts through io_uring, by the bare system calls. Usage: io_uring_server [sqpoll]
 *
 * Says its port, then for each word on stdin does one accept (plain, async: in a worker thread, direct: into a slot of
 * the ring instead of a descriptor) and says the client's port, 0 where it has no descriptor to ask. The word read
 * reads as many bytes as the descriptor accepted last is high: a result that looks like an accept's.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct io_uring_params params;
static int ring;
static char* queues;
static struct io_uring_sqe* entries;

static void check(long result, const char* what) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

static unsigned* word(unsigned offset) { return (unsigned*)(queues + offset); }

static void open_ring(int poll_by_kernel) {
  int no_descriptors[4] = {-1, -1, -1, -1};

  params.flags = poll_by_kernel ? IORING_SETUP_SQPOLL : 0;
  ring = syscall(SYS_io_uring_setup, 4, &params);
  check(ring, "io_uring_setup");
  queues = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
                MAP_SHARED, ring, IORING_OFF_SQ_RING);
  entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  check(queues == MAP_FAILED || entries == MAP_FAILED ? -1 : 0, "mmap");
  check(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, no_descriptors, 4), "IORING_REGISTER_FILES");
}

static struct io_uring_sqe accept_request(int listener, const char* how) {
  struct io_uring_sqe request = {.opcode = IORING_OP_ACCEPT, .fd = listener};

  if (!strcmp(how, "async")) request.flags = IOSQE_ASYNC;
  if (!strcmp(how, "direct")) request.file_index = 1;
  return request;
}

static struct io_uring_sqe read_request(unsigned length) {
  static char bytes[1024];
  int zeros = open("/dev/zero", O_RDONLY);

  check(zeros, "/dev/zero");
  return (struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = zeros, .addr = (unsigned long)bytes, .len = length};
}

/* What the completion says. */
static int complete(struct io_uring_sqe request) {
  unsigned tail = *word(params.sq_off.tail), head = *word(params.cq_off.head);
  unsigned slot = tail & *word(params.sq_off.ring_mask);
  struct io_uring_cqe* completions = (void*)(queues + params.cq_off.cqes);

  entries[slot] = request;
  word(params.sq_off.array)[slot] = slot;
  __atomic_store_n(word(params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
  check(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0),
        "io_uring_enter");
  while (__atomic_load_n(word(params.cq_off.tail), __ATOMIC_ACQUIRE) == head)
    ;
  slot = head & *word(params.cq_off.ring_mask);
  __atomic_store_n(word(params.cq_off.head), head + 1, __ATOMIC_RELEASE);
  return completions[slot].res;
}

int main(int argc, char** argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof(address);
  int listener = socket(AF_INET, SOCK_STREAM, 0), accepted = 0;
  char how[16];

  check(bind(listener, (struct sockaddr*)&address, length), "bind");
  check(listen(listener, 33), "listen");
  check(getsockname(listener, (struct sockaddr*)&address, &length), "getsockname");
  open_ring(argc > 1 && !strcmp(argv[1], "sqpoll"));
  setlinebuf(stdout);
  printf("%d\n", ntohs(address.sin_port));
  while (scanf("%15s", how) == 1) {
    int is_read = !strcmp(how, "read");

    accepted = complete(is_read ? read_request(accepted) : accept_request(listener, how));
    check(accepted, how);
    address.sin_port = 0;
    if (accepted > 0) check(getpeername(accepted, (struct sockaddr*)&address, &length), "getpeername");
    printf("%d\n", ntohs(address.sin_port));
  }
  return 0;
}
