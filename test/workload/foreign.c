/* A 32-bit process that accepts (i386-acceptor.c beside us): its system calls are not those of 64-bit ones. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS 24
/* What the program expects: the listener, and where to write the peer of each connection. */
#define LISTENER_DESCRIPTOR 3
#define PEERS_DESCRIPTOR    4

struct foreign {
	struct listener listener;
	const char *call;
	int peers[2];
};

static void become_i386(void *argument)
{
	const struct foreign *foreign = argument;
	char path[PATH_MAX];
	int listener = fcntl(foreign->listener.descriptor, F_DUPFD, 10), peers = fcntl(foreign->peers[1], F_DUPFD, 10);

	check(dup2(listener, LISTENER_DESCRIPTOR), "dup2");
	check(dup2(peers, PEERS_DESCRIPTOR), "dup2");
	snprintf(path, sizeof(path), "%s-i386", own_program);
	execl(path, path, foreign->call, NULL);
	check(-1, path);
}

static void accept_in_i386(const char *call, int backlog)
{
	struct foreign foreign = {.listener = listen_at(0, AF_INET, "127.0.0.1", backlog), .call = call};
	pid_t child;

	check(pipe(foreign.peers), "pipe");
	child = start_process(become_i386, &foreign);
	close(foreign.peers[1]);
	await_asleep(child, 1, IN_ACCEPT);
	say_ready_and_wait();
	for (int i = 0; i < CONNECTIONS; i++) {
		union address peer = {};

		connect_clients(&foreign.listener, 1);
		check(read(foreign.peers[0], &peer.ipv4, sizeof(peer.ipv4)) == sizeof(peer.ipv4) ? 0 : -1,
		      "i386-acceptor");
		say_accepted(&foreign.listener, &peer, (struct acceptor){.pid = child});
	}
}

void case_i386_accept4(void)
{
	accept_in_i386("accept4", 61);
}

/* What libc calls where it was built before Linux 4.3 had a number for accept4. */
void case_i386_socketcall(void)
{
	accept_in_i386("socketcall", 62);
}
