/* Listeners that reach their acceptors in other ways than by listen(). */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS	     24
#define WORKERS		     4
#define ACTIVATED_DESCRIPTOR 3 /* SD_LISTEN_FDS_START, sd_listen_fds(3) */

/* Each thread has a listener of its own on one port; the kernel spreads the clients. */
void case_reuseport(void)
{
	static struct listener group[WORKERS];
	union address any = {};
	socklen_t length = sizeof(any);
	int on = 1;

	group[0] = listen_at(0, AF_INET, "127.0.0.1", 21);
	check(getsockname(group[0].descriptor, &any.any, &length), "getsockname");
	for (int i = 1; i < WORKERS; i++) {
		int other = socket(AF_INET, SOCK_STREAM, 0);

		check(setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "SO_REUSEPORT");
		check(bind(other, &any.any, length), "bind");
		check(listen(other, group[0].backlog), "listen");
		group[i] = listen_on(other, &group[0]);
	}
	for (int i = 0; i < WORKERS; i++)
		start_thread(accept_for_ever, &group[i]);
	await_asleep(0, WORKERS, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&group[0], WORKERS * CONNECTIONS);
	await_accepted(WORKERS * CONNECTIONS);
}

static void work(void *listener)
{
	accept_for_ever(listener);
}

/* nginx's way: the master listens, its workers accept. */
void case_inherited(void)
{
	struct listener listener = listen_at(0, AF_INET, "127.0.0.1", 22);
	pid_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_process(work, &listener);
	for (int i = 0; i < WORKERS; i++)
		await_asleep(workers[i], 1, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&listener, WORKERS * CONNECTIONS);
	await_accepted(WORKERS * CONNECTIONS);
}

struct passing {
	int socket;
	struct listener listener;
};

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void send_descriptor(int socket, int descriptor)
{
	union control control = {
	    .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct iovec byte = {"", 1};
	struct msghdr message = {
	    .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
	check(sendmsg(socket, &message, 0), "sendmsg");
}

static void accept_on_received(void *argument)
{
	struct passing *passing = argument;
	union control control = {};
	char any;
	struct iovec byte = {&any, 1};
	struct msghdr message = {
	    .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	close(passing->listener.descriptor);
	check(recvmsg(passing->socket, &message, 0), "recvmsg");
	memcpy(&passing->listener.descriptor, CMSG_DATA(&control.header), sizeof(int));
	accept_for_ever(&passing->listener);
}

void case_passed(void)
{
	struct passing passing = {.listener = listen_at(0, AF_INET, "127.0.0.1", 23)};
	int pair[2];
	pid_t child;

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	passing.socket = pair[0];
	child = start_process(accept_on_received, &passing);
	send_descriptor(pair[1], passing.listener.descriptor);
	close(passing.listener.descriptor);
	await_asleep(child, 1, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&passing.listener, CONNECTIONS);
	await_accepted(CONNECTIONS);
}

static void become_activated(void *argument)
{
	const struct listener *listener = argument;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	check(dup2(listener->descriptor, ACTIVATED_DESCRIPTOR), "dup2");
	execl(own_program, own_program, "accept_as_activated", NULL);
	check(-1, own_program);
}

void accept_as_activated(void)
{
	struct listener listener = {.descriptor = ACTIVATED_DESCRIPTOR, .family = AF_INET, .backlog = 24};
	socklen_t length = sizeof(listener.target);
	const char *pid = getenv("LISTEN_PID");

	check(pid && atoi(pid) == getpid() ? 0 : -1, "LISTEN_PID");
	share_counts();
	check(getsockname(listener.descriptor, &listener.target.any, &length), "getsockname");
	listener.target.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < CONNECTIONS; i++)
		close(accept_once(&listener, ACCEPT4, 0));
}

void case_activated(void)
{
	struct listener listener = listen_at(0, AF_INET, "127.0.0.1", 24);
	pid_t child = start_process(become_activated, &listener);
	int status = 0;

	await_asleep(child, 1, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&listener, CONNECTIONS);
	check(waitpid(child, &status, 0), "waitpid");
	check(status == 0 ? 0 : -1, "accept_as_activated");
}

static void serve_alone(void *unused)
{
	struct listener listener;

	(void)unused;
	listener = listen_at(0, AF_INET, "127.0.0.1", 25);
	start_thread(accept_for_ever, &listener);
	await_asleep(0, 1, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&listener, CONNECTIONS);
	await_accepted(CONNECTIONS);
}

/* A container's: network, mounts and pids of its own. The mounted /proc stays the host's. */
void case_namespaced(void)
{
	int status = 0;

	own_network();
	check(unshare(CLONE_NEWNS | CLONE_NEWPID), "unshare");
	check(waitpid(start_process(serve_alone, NULL), &status, 0), "waitpid");
	check(status == 0 ? 0 : -1, "serve_alone");
}
