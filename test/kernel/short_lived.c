/*
 * Short-lived servers, each another process and one of several programs: short-lived COUNT PROGRAM...
 *
 * Prints the port of each PROGRAM (a path of this very file under another name), one a line. Then COUNT times, the
 * programs in turn: starts one, which accepts one connection on its own port and ends at once; connects to it; waits for
 * its end. A program is told apart by its port from outside, and by its name in the kernel.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_PROGRAMS 16

static void check(long result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static int listen_anywhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	check(listener, "socket");
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(bind(listener, (struct sockaddr *)address, sizeof(*address)), "bind");
	check(listen(listener, 8), "listen");
	check(getsockname(listener, (struct sockaddr *)address, &length), "getsockname");
	return listener;
}

/* Without TIME_WAIT, so that ports do not run out. */
static void reset(int connection)
{
	struct linger at_once = {.l_onoff = 1};

	check(setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "SO_LINGER");
	close(connection);
}

static void serve_once(char *program, int listener, const struct sockaddr_in *address)
{
	char descriptor[16], *arguments[] = {program, descriptor, NULL};
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
	pid_t child;

	snprintf(descriptor, sizeof(descriptor), "%d", listener);
	check(-posix_spawn(&child, program, NULL, NULL, arguments, NULL), program);
	check(connect(client, (const struct sockaddr *)address, sizeof(*address)), "connect");
	check(waitpid(child, &status, 0), "waitpid");
	check(status == 0 ? 0 : -1, "a server failed");
	reset(client);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addresses[MOST_PROGRAMS] = {};
	int listeners[MOST_PROGRAMS], programs = argc - 2;

	if (argc == 2)
		_exit(accept4(atoi(argv[1]), NULL, NULL, 0) < 0);
	check(programs > 0 && programs <= MOST_PROGRAMS ? 0 : -1, "usage: short-lived COUNT PROGRAM...");
	for (int i = 0; i < programs; i++) {
		listeners[i] = listen_anywhere(&addresses[i]);
		printf("%d\n", ntohs(addresses[i].sin_port));
	}
	fflush(stdout);
	getchar();
	for (int i = 0; i < atoi(argv[1]); i++)
		serve_once(argv[2 + i % programs], listeners[i % programs], &addresses[i % programs]);
	return 0;
}
