/* What the workload says: one JSON object a line, each in one write, so that threads and processes may share stdout. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

#define DEADLINE_SECONDS 60
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

static int *accepted_count; /* shared with the processes this one starts */

void share_counts(void)
{
	accepted_count = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(accepted_count == MAP_FAILED ? -1 : 0, "mmap");
}

static void say(const char *line, int length)
{
	check(write(STDOUT_FILENO, line, length) == length ? 0 : -1, "stdout");
}

void say_ready_and_wait(void)
{
	static const char ready[] = "{\"did\":\"ready\"}\n";
	char any;

	say(ready, sizeof(ready) - 1);
	check(read(STDIN_FILENO, &any, 1), "stdin");
}

/* Mapped addresses as the IPv4 they stand for. */
static const char *text_of(const union address *address, char text[INET6_ADDRSTRLEN])
{
	const struct in6_addr *ipv6 = &address->ipv6.sin6_addr;

	if (address->any.sa_family == AF_INET)
		return inet_ntop(AF_INET, &address->ipv4.sin_addr, text, INET6_ADDRSTRLEN);
	if (IN6_IS_ADDR_V4MAPPED(ipv6))
		return inet_ntop(AF_INET, &ipv6->s6_addr[12], text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, ipv6, text, INET6_ADDRSTRLEN);
}

static int port_of(const union address *address)
{
	return ntohs(address->ipv4.sin_port); /* in the same place for both families */
}

void say_connected(int client, const struct listener *listener)
{
	union address own = {};
	socklen_t length = sizeof(own);
	char text[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN], line[512];

	check(getsockname(client, &own.any, &length), "getsockname");
	say(line, snprintf(line, sizeof(line),
			   "{\"did\":\"connected\",\"peerAddress\":\"%s\",\"peerPort\":%d,\"localAddress\":\"%s\","
			   "\"localPort\":%d}\n",
			   text_of(&own, text), port_of(&own), text_of(&listener->target, target),
			   port_of(&listener->target)));
}

/* As the mounted /proc numbers them, which is the initial pid namespace where the workload is started. */
static void host_ids(int *pid, int *tid)
{
	char link[64] = {};

	check(readlink("/proc/thread-self", link, sizeof(link) - 1), "/proc/thread-self");
	check(sscanf(link, "%d/task/%d", pid, tid) - 2, link);
}

static unsigned inode_of(const char *path)
{
	struct stat status;

	check(stat(path, &status), path);
	return status.st_ino;
}

/* `peer` is what accept itself said, so that this also works for a connection that is gone by now. */
void say_accepted(const struct listener *listener, const union address *peer, struct acceptor by)
{
	unsigned long long cookie = 0;
	socklen_t length = sizeof(cookie);
	char text[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN], waited[160] = "", line[1024];
	int pid = 0, tid = 0, namespace_pid = by.pid ? by.pid : getpid();

	host_ids(&pid, &tid);
	if (by.pid)
		pid = tid = by.pid;
	if (by.socket && listener->protocol != IPPROTO_MPTCP)
		getsockopt(by.socket, SOL_SOCKET, SO_COOKIE, &cookie, &length);
	if (by.waited)
		snprintf(waited, sizeof(waited),
			 ",\"waited\":{\"leastNs\":\"%lld\",\"mostNs\":\"%lld\",\"left\":%d,\"wasTraced\":%s}",
			 by.waited->least_ns, by.waited->most_ns, by.waited->left,
			 by.waited->was_traced ? "true" : "false");
	say(line,
	    snprintf(line, sizeof(line),
		     "{\"did\":\"accepted\",\"peerAddress\":\"%s\",\"peerPort\":%d,\"localAddress\":\"%s\","
		     "\"localPort\":%d,\"socketFamily\":\"%s\",\"pid\":%d,\"tid\":%d,\"namespacePid\":%d,"
		     "\"networkNamespace\":%u,\"mountNamespace\":%u,\"method\":\"%s\",\"queueLimit\":%d,"
		     "\"socketCookie\":\"%llu\",\"bits\":%d%s}\n",
		     text_of(peer, text), port_of(peer), text_of(&listener->target, target), port_of(&listener->target),
		     listener->family == AF_INET ? "inet" : "inet6", pid, by.unknown_thread ? 0 : tid, namespace_pid,
		     inode_of("/proc/thread-self/ns/net"), inode_of("/proc/thread-self/ns/mnt"),
		     by.method ? by.method : "syscall", listener->backlog, cookie, by.pid ? 32 : 64, waited));
	__atomic_add_fetch(accepted_count, 1, __ATOMIC_SEQ_CST);
}

/* Until all acceptors together have said `count`. */
void await_accepted(int count)
{
	time_t deadline = time(NULL) + DEADLINE_SECONDS;

	while (__atomic_load_n(accepted_count, __ATOMIC_SEQ_CST) < count) {
		if (time(NULL) > deadline) {
			fprintf(stderr, "workload: %d of %d were accepted\n", *accepted_count, count);
			exit(1);
		}
		usleep(1000);
	}
}
