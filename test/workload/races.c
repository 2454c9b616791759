/* An accepted descriptor that another thread closes or replaces as soon as it can. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS 64

static atomic_int begun; /* how many accepts have been called */
static atomic_int ended; /* how many accepted descriptors the other thread has dealt with */
static int expected;	 /* the number the next accepted descriptor will have */
static int decoy = -1;	 /* what it is replaced by; -1: it is closed */

static void *deal_with_accepted(void *unused)
{
	(void)unused;
	for (int i = 0; i < CONNECTIONS; i++) {
		while (atomic_load(&begun) <= i)
			;
		if (decoy < 0) {
			while (close(expected) < 0)
				;
		} else {
			while (fcntl(expected, F_GETFD) < 0)
				;
			check(dup2(decoy, expected), "dup2");
		}
		atomic_fetch_add(&ended, 1);
	}
	return NULL;
}

/* Everything else is opened before, so that the number of the accepted descriptor is the first free one each time. */
static void race(struct listener listener)
{
	int clients[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++)
		clients[i] = client_socket(&listener);
	expected = dup(STDIN_FILENO);
	check(close(expected), "close");
	say_ready_and_wait();
	start_thread(deal_with_accepted, NULL);
	for (int i = 0; i < CONNECTIONS; i++) {
		union address peer = {};
		socklen_t length = sizeof(peer);

		connect_socket(clients[i], &listener);
		atomic_fetch_add(&begun, 1);
		check(accept4(listener.descriptor, &peer.any, &length, 0) == expected ? 0 : -1, "accept4");
		while (atomic_load(&ended) <= i)
			;
		say_accepted(&listener, &peer, (struct acceptor){});
		if (decoy >= 0)
			check(close(expected), "close");
	}
}

void case_closed_at_once(void)
{
	race(listen_at(0, AF_INET, "127.0.0.1", 41));
}

void case_replaced_at_once(void)
{
	decoy = open("/dev/null", O_RDONLY);
	check(decoy, "/dev/null");
	race(listen_at(0, AF_INET, "127.0.0.1", 42));
}

/* By a connection of another listener, which is not the one accepted now. */
void case_replaced_by_connection(void)
{
	struct listener other = listen_at(0, AF_INET, "127.0.0.1", 43);

	connect_clients(&other, 1);
	decoy = accept_once(&other, ACCEPT4, 0);
	check(decoy, "accept4");
	race(listen_at(0, AF_INET, "127.0.0.1", 44));
}
