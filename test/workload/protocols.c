/* What else ends in a TCP accept: MPTCP, and connections that carry data in their SYN. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS	  24
#define TCPI_OPT_SYN_DATA 32 /* <linux/tcp.h>: data in the SYN was taken */

static void serve_mptcp(struct listener listener, int client_protocol)
{
	struct listener for_clients = listener;

	for_clients.protocol = client_protocol;
	start_thread(accept_for_ever, &listener);
	await_asleep(0, 1, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&for_clients, CONNECTIONS);
	await_accepted(CONNECTIONS);
}

void case_mptcp(void)
{
	serve_mptcp(listen_at(IPPROTO_MPTCP, AF_INET, "127.0.0.1", 31), IPPROTO_MPTCP);
}

void case_mptcp_plain_client(void)
{
	serve_mptcp(listen_at(IPPROTO_MPTCP, AF_INET, "127.0.0.1", 32), 0);
}

/* In a network namespace of its own, whose setting it changes; clients are served without a handshake up to `queue`. */
struct listener listen_fast_open(int backlog, int queue)
{
	struct listener listener;
	int file;

	own_network();
	file = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY);
	check(file, "tcp_fastopen");
	check(write(file, "3", 1), "tcp_fastopen"); /* clients and servers */
	close(file);
	listener = listen_at(0, AF_INET, "127.0.0.1", backlog);
	check(setsockopt(listener.descriptor, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)), "TCP_FASTOPEN");
	return listener;
}

/* With data in its SYN, once a client before it has got a cookie. */
int connect_fast_open(const struct listener *listener)
{
	int client = client_socket(listener);

	check(sendto(client, "hello", 5, MSG_FASTOPEN, &listener->target.any, sizeof(listener->target)),
	      "MSG_FASTOPEN");
	return client;
}

bool came_with_data(int accepted)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	check(getsockopt(accepted, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
	return info.tcpi_options & TCPI_OPT_SYN_DATA;
}

/* The first client gets a cookie; the others' connections are in the queue before their handshake is over. */
void case_fast_open(void)
{
	struct listener listener = listen_fast_open(33, CONNECTIONS);
	int with_data = 0;

	say_ready_and_wait();
	for (int i = 0; i < CONNECTIONS; i++) {
		int accepted;

		say_connected(connect_fast_open(&listener), &listener);
		accepted = accept_once(&listener, ACCEPT4, 0);
		with_data += came_with_data(accepted);
		close(accepted);
	}
	check(with_data == CONNECTIONS - 1 ? 0 : -1, "every client but the first with data in its SYN");
}
