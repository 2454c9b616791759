/* Connections that are gone, or not yet there, when accept looks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS	 24
#define BACKLOG		 4
#define IN_QUEUE	 (BACKLOG + 1) /* sk_acceptq_is_full lets one more in than the limit */
#define BEYOND		 3
#define DEADLINE_SECONDS 30
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static void close_before_accept(struct listener listener, bool reset)
{
	struct linger at_once = {.l_onoff = 1};
	int clients[CONNECTIONS];

	say_ready_and_wait();
	for (int i = 0; i < CONNECTIONS; i++) {
		clients[i] = client_socket(&listener);
		connect_socket(clients[i], &listener);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		if (reset)
			setsockopt(clients[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(clients[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		close(accept_once(&listener, ACCEPT4, 0));
}

void case_reset_before_accept(void)
{
	close_before_accept(listen_at(0, AF_INET, "127.0.0.1", CONNECTIONS), true);
}

void case_gone_before_accept(void)
{
	close_before_accept(listen_at(0, AF_INET6, "127.0.0.1", CONNECTIONS), false);
}

/* SYNs that the listener dropped (tcp_listendrop); on a busy machine they arrive after connect() has returned. */
static void await_dropped(const struct listener *listener, unsigned count)
{
	time_t deadline = time(NULL) + DEADLINE_SECONDS;
	unsigned memory[SK_MEMINFO_VARS] = {};

	while (memory[SK_MEMINFO_DROPS] < count && time(NULL) < deadline) {
		socklen_t length = sizeof(memory);

		check(getsockopt(listener->descriptor, SOL_SOCKET, SO_MEMINFO, memory, &length), "SO_MEMINFO");
	}
	check(memory[SK_MEMINFO_DROPS] < count ? -1 : 0, "clients beyond the backlog were not turned away");
}

/* Clients that find the queue full get in when their SYN is sent again, a second later, and not before. */
void case_backlog_full(void)
{
	struct listener listener = listen_at(0, AF_INET, "127.0.0.1", BACKLOG);
	int clients[BEYOND], on = 1;
	time_t deadline;

	check(ioctl(listener.descriptor, FIONBIO, &on), "FIONBIO");
	say_ready_and_wait();
	connect_clients(&listener, IN_QUEUE);
	await_queued(&listener, IN_QUEUE); /* a client may know that its handshake is over before the listener does */
	for (int i = 0; i < BEYOND; i++) {
		clients[i] = client_socket(&listener);
		check(ioctl(clients[i], FIONBIO, &on), "FIONBIO");
		check(connect(clients[i], &listener.target.any, sizeof(listener.target)) == -1 && errno == EINPROGRESS
			  ? 0
			  : -1,
		      "connect");
		say_connected(clients[i], &listener);
	}
	await_dropped(&listener, BEYOND);
	for (int i = 0; i < IN_QUEUE; i++)
		close(accept_once(&listener, ACCEPT4, 0));
	check(accept_once(&listener, ACCEPT4, 0) == -EAGAIN ? 0 : -1, "a client beyond the backlog was accepted");
	deadline = time(NULL) + DEADLINE_SECONDS;
	for (int accepted = 0; accepted < BEYOND && time(NULL) < deadline; usleep(1000)) {
		int descriptor = accept_once(&listener, ACCEPT4, 0);

		if (descriptor >= 0) {
			close(descriptor);
			accepted++;
		}
	}
	await_accepted(IN_QUEUE + BEYOND);
}
