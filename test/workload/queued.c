/* Connections that wait in the accept queue for a time that is known: the listener says how many there are. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

#define ROUNDS	    4
#define CLIENTS	    6
#define WAIT_MICROS 20000

static long long now_ns(void)
{
	struct timespec now;

	check(clock_gettime(CLOCK_BOOTTIME, &now), "CLOCK_BOOTTIME");
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* From before to after it came into the queue. */
struct arrival {
	long long least_ns, most_ns;
};

static void connect_queued(const struct listener *listener, bool fast_open, struct arrival arrivals[CLIENTS])
{
	for (int i = 0; i < CLIENTS; i++) {
		arrivals[i].least_ns = now_ns();
		if (fast_open)
			say_connected(connect_fast_open(listener), listener);
		else
			connect_clients(listener, 1);
		await_queued(listener, i + 1);
		arrivals[i].most_ns = now_ns();
	}
}

/* The queue is first in, first out. */
static void accept_queued(const struct listener *listener, bool fast_open, const struct arrival arrivals[CLIENTS],
			  bool was_traced)
{
	usleep(WAIT_MICROS);
	for (int i = 0; i < CLIENTS; i++) {
		union address peer = {};
		socklen_t length = sizeof(peer);
		struct waited waited = {.least_ns = now_ns() - arrivals[i].most_ns};
		int accepted = syscall(SYS_accept4, listener->descriptor, &peer, &length, 0);

		waited.most_ns = now_ns() - arrivals[i].least_ns;
		check(accepted, "accept4");
		check(came_with_data(accepted) == fast_open ? 0 : -1, "data in the SYN");
		waited.left = queue_length(listener);
		waited.was_traced = was_traced;
		say_accepted(listener, &peer, (struct acceptor){.socket = accepted, .waited = &waited});
		close(accepted);
	}
}

static void serve_late(struct listener listener, bool fast_open)
{
	struct arrival arrivals[CLIENTS];

	say_ready_and_wait();
	if (fast_open) { /* this one gets the cookie */
		say_connected(connect_fast_open(&listener), &listener);
		close(accept_once(&listener, ACCEPT4, 0));
	}
	for (int i = 0; i < ROUNDS; i++) {
		connect_queued(&listener, fast_open, arrivals);
		accept_queued(&listener, fast_open, arrivals, true);
	}
}

/* All are in the queue when this says that it is ready: started before a tracer, none was seen to come. */
static void serve_queued_before(struct listener listener, bool fast_open)
{
	struct arrival arrivals[CLIENTS];

	if (fast_open) {
		connect_fast_open(&listener);
		check(accept(listener.descriptor, NULL, NULL), "accept");
	}
	connect_queued(&listener, fast_open, arrivals);
	say_ready_and_wait();
	accept_queued(&listener, fast_open, arrivals, false);
}

void case_queued(void)
{
	serve_late(listen_at(0, AF_INET, "127.0.0.1", 41), false);
}

void case_queued_mptcp(void)
{
	serve_late(listen_at(IPPROTO_MPTCP, AF_INET, "127.0.0.1", 42), false);
}

void case_queued_fast_open(void)
{
	serve_late(listen_fast_open(43, CLIENTS), true);
}

void case_queued_before(void)
{
	serve_queued_before(listen_at(0, AF_INET, "127.0.0.1", 44), false);
}

void case_queued_before_mptcp(void)
{
	serve_queued_before(listen_at(IPPROTO_MPTCP, AF_INET, "127.0.0.1", 45), false);
}

void case_queued_before_fast_open(void)
{
	serve_queued_before(listen_fast_open(46, CLIENTS), true);
}
