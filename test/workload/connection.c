/* Listeners, clients and the plain accept: what every case is made of. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

#define DEADLINE_SECONDS 30

void check(long result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static union address address_of(const char *text, in_port_t port)
{
	union address address = {};

	if (inet_pton(AF_INET, text, &address.ipv4.sin_addr) == 1) {
		address.ipv4.sin_family = AF_INET;
		address.ipv4.sin_port = port;
	} else {
		check(inet_pton(AF_INET6, text, &address.ipv6.sin6_addr) - 1, text);
		address.ipv6.sin6_family = AF_INET6;
		address.ipv6.sin6_port = port;
	}
	return address;
}

/* Listens on every address of the family; an inet6 listener is dual-stack. Clients go to `target`. */
struct listener listen_at(int protocol, int family, const char *target, int backlog)
{
	struct listener listener = {.family = family, .protocol = protocol, .backlog = backlog};
	union address any = address_of(family == AF_INET ? "0.0.0.0" : "::", 0);
	socklen_t length = sizeof(any);
	int off = 0, on = 1;

	listener.descriptor = socket(family, SOCK_STREAM, protocol);
	check(listener.descriptor, "socket");
	if (family == AF_INET6)
		setsockopt(listener.descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(listener.descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	check(bind(listener.descriptor, &any.any, length), "bind");
	check(listen(listener.descriptor, backlog), "listen");
	check(getsockname(listener.descriptor, &any.any, &length), "getsockname");
	listener.target = address_of(target, any.ipv4.sin_port); /* in the same place for both families */
	return listener;
}

/* Another way to the same clients: `descriptor` has been made a listener of the same port already. */
struct listener listen_on(int descriptor, const struct listener *like)
{
	struct listener listener = *like;

	listener.descriptor = descriptor;
	return listener;
}

int client_socket(const struct listener *listener)
{
	int client = socket(listener->target.any.sa_family, SOCK_STREAM, listener->protocol);

	check(client, "socket");
	return client;
}

void connect_socket(int client, const struct listener *listener)
{
	check(connect(client, &listener->target.any, sizeof(listener->target)), "connect");
	say_connected(client, listener);
}

/* They stay open until the process ends. */
void connect_clients(const struct listener *listener, int count)
{
	for (int i = 0; i < count; i++)
		connect_socket(client_socket(listener), listener);
}

/* Of a listener, tcpi_unacked is how many wait to be accepted (tcp_get_info, 2.6.24 and later). */
int queue_length(const struct listener *listener)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	check(getsockopt(listener->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
	return info.tcpi_unacked;
}

void await_queued(const struct listener *listener, int count)
{
	time_t deadline = time(NULL) + DEADLINE_SECONDS;

	while (queue_length(listener) < count) {
		if (time(NULL) > deadline) {
			fprintf(stderr, "workload: not %d connections wait to be accepted\n", count);
			exit(1);
		}
	}
}

/* The descriptor, or minus errno. The system call by its own name: libc may call the other. */
int accept_once(const struct listener *listener, enum accept_call call, int flags)
{
	union address peer = {};
	socklen_t length = sizeof(peer);
	int accepted = call == ACCEPT ? syscall(SYS_accept, listener->descriptor, &peer, &length)
				      : syscall(SYS_accept4, listener->descriptor, &peer, &length, flags);

	if (accepted < 0)
		return -errno;
	say_accepted(listener, &peer, (struct acceptor){.socket = accepted});
	return accepted;
}

void *accept_for_ever(void *argument)
{
	const struct listener *listener = argument;

	for (;;) {
		int accepted = accept_once(listener, ACCEPT4, SOCK_CLOEXEC);

		check(accepted, "accept4");
		close(accepted);
	}
}
