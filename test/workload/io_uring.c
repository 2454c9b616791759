/* Accepts through io_uring, by the bare system calls: liburing is not wanted for one opcode. */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS 24
#define SLOTS	    CONNECTIONS

static struct io_uring_params params;
static int ring;
static char *queues;
static struct io_uring_sqe *entries;
static union address peer; /* where one-shot accepts leave it */
static socklen_t peer_length;

static unsigned *word(unsigned offset)
{
	return (unsigned *)(queues + offset);
}

static void open_ring(unsigned flags)
{
	int no_descriptors[SLOTS];

	memset(no_descriptors, 0xff, sizeof(no_descriptors));
	params.flags = flags;
	ring = syscall(SYS_io_uring_setup, CONNECTIONS, &params);
	check(ring, "io_uring_setup");
	queues = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		      PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	entries =
	    mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	check(queues == MAP_FAILED || entries == MAP_FAILED ? -1 : 0, "mmap");
	check(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, no_descriptors, SLOTS),
	      "IORING_REGISTER_FILES");
}

static void submit(struct io_uring_sqe request)
{
	unsigned tail = *word(params.sq_off.tail), place = tail & *word(params.sq_off.ring_mask);

	entries[place] = request;
	word(params.sq_off.array)[place] = place;
	__atomic_store_n(word(params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	check(syscall(SYS_io_uring_enter, ring, 1, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0), "io_uring_enter");
}

/* A request for one connection, whose peer goes to `peer`. */
static struct io_uring_sqe one_shot(const struct listener *listener)
{
	peer = (union address){};
	peer_length = sizeof(peer);
	return (struct io_uring_sqe){.opcode = IORING_OP_ACCEPT,
				     .fd = listener->descriptor,
				     .addr = (unsigned long)&peer,
				     .addr2 = (unsigned long)&peer_length};
}

/* What the next completion says, once there is one. */
static int completed(void)
{
	unsigned head = *word(params.cq_off.head);
	struct io_uring_cqe *completions = (void *)(queues + params.cq_off.cqes);
	int result;

	while (__atomic_load_n(word(params.cq_off.tail), __ATOMIC_ACQUIRE) == head)
		check(syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0), "io_uring_enter");
	result = completions[head & *word(params.cq_off.ring_mask)].res;
	__atomic_store_n(word(params.cq_off.head), head + 1, __ATOMIC_RELEASE);
	check(result, "IORING_OP_ACCEPT");
	return result;
}

/* The request is there first, then the client. */
static void accept_each(struct io_uring_sqe (*request)(const struct listener *), bool in_worker, bool to_slot,
			struct listener listener)
{
	submit(request(&listener));
	if (in_worker && !(params.flags & IORING_SETUP_SQPOLL))
		await_asleep(0, 1, "io_wq");
	say_ready_and_wait();
	for (int i = 0; i < CONNECTIONS; i++) {
		int accepted;

		connect_clients(&listener, 1);
		accepted = completed();
		say_accepted(&listener, &peer,
			     (struct acceptor){
				 .method = "io_uring", .unknown_thread = in_worker, .socket = to_slot ? 0 : accepted});
		if (i + 1 < CONNECTIONS)
			submit(request(&listener));
	}
}

void case_io_uring(void)
{
	open_ring(0);
	accept_each(one_shot, false, false, listen_at(0, AF_INET, "127.0.0.1", 51));
}

static struct io_uring_sqe in_worker(const struct listener *listener)
{
	struct io_uring_sqe request = one_shot(listener);

	request.flags = IOSQE_ASYNC;
	return request;
}

/* A worker tries first, and leaves the waiting to a poll. */
void case_io_uring_worker(void)
{
	open_ring(0);
	accept_each(in_worker, true, false, listen_at(0, AF_INET, "127.0.0.1", 52));
}

void case_io_uring_sqpoll(void)
{
	open_ring(IORING_SETUP_SQPOLL);
	accept_each(one_shot, true, false, listen_at(0, AF_INET, "127.0.0.1", 53));
}

static struct io_uring_sqe into_first_slot(const struct listener *listener)
{
	struct io_uring_sqe request = one_shot(listener);

	request.file_index = 1;
	return request;
}

/* Each takes the place of the one before. */
void case_io_uring_direct(void)
{
	open_ring(0);
	accept_each(into_first_slot, false, true, listen_at(0, AF_INET, "127.0.0.1", 54));
}

static struct io_uring_sqe into_any_slot(const struct listener *listener)
{
	struct io_uring_sqe request = one_shot(listener);

	request.file_index = IORING_FILE_INDEX_ALLOC;
	return request;
}

void case_io_uring_direct_any(void)
{
	open_ring(0);
	accept_each(into_any_slot, false, true, listen_at(0, AF_INET, "127.0.0.1", 55));
}

/* One request for all connections; half of them come alone, the others together. */
void case_io_uring_multishot(void)
{
	struct listener listener = listen_at(0, AF_INET6, "127.0.0.1", 56);

	open_ring(0);
	submit((struct io_uring_sqe){
	    .opcode = IORING_OP_ACCEPT, .fd = listener.descriptor, .ioprio = IORING_ACCEPT_MULTISHOT});
	say_ready_and_wait();
	for (int i = 0; i < CONNECTIONS; i++) {
		socklen_t length = sizeof(peer);
		int accepted;

		if (i <= CONNECTIONS / 2)
			connect_clients(&listener, i < CONNECTIONS / 2 ? 1 : CONNECTIONS / 2);
		accepted = completed();
		check(getpeername(accepted, &peer.any, &length), "getpeername");
		say_accepted(&listener, &peer, (struct acceptor){.method = "io_uring", .socket = accepted});
	}
}
