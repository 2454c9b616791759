/*
 * A server that times its own system calls: connects to itself and accepts, in one thread on one CPU, so that a
 * connection waits for nobody: its handshake is over when connect returns, and accept4 never sleeps.
 *
 * Usage: timed-server CPU. Says its port, then answers each line `accept COUNT` or `getpid COUNT` on stdin with
 * `MEDIAN MEAN WHOLE`, nanoseconds of one call; WHOLE is the median of connect, accept4 and the reset together.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST_CALLS	1000000
#define GETPIDS_AT_ONCE 64

static double calls_ns[MOST_CALLS], wholes_ns[MOST_CALLS];
static int listener;
static struct sockaddr_in address = {.sin_family = AF_INET};

static void check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* A reset leaves nothing in TIME_WAIT: ports do not run out. */
static void reset(int socket)
{
	const struct linger at_once = {.l_onoff = 1};

	check(setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "SO_LINGER");
	close(socket);
}

static void accept_once(int i)
{
	const uint64_t began = now_ns();
	const int client = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t before, after;
	int accepted;

	check(client, "socket");
	check(connect(client, (struct sockaddr *)&address, sizeof(address)), "connect");
	before = now_ns();
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	after = now_ns();
	check(accepted, "accept4");
	reset(client);
	close(accepted);
	calls_ns[i] = after - before;
	wholes_ns[i] = now_ns() - began;
}

static void getpid_often(int i)
{
	const uint64_t began = now_ns();

	for (int j = 0; j < GETPIDS_AT_ONCE; j++)
		syscall(SYS_getpid);
	calls_ns[i] = wholes_ns[i] = (double)(now_ns() - began) / GETPIDS_AT_ONCE;
}

static int by_size(const void *left, const void *right)
{
	const double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *samples, int count)
{
	qsort(samples, count, sizeof(*samples), by_size);
	return (samples[(count - 1) / 2] + samples[count / 2]) / 2;
}

int main(int count, char **arguments)
{
	socklen_t length = sizeof(address);
	cpu_set_t cpus;
	char what[16];
	int calls;

	CPU_ZERO(&cpus);
	CPU_SET(count > 1 ? atoi(arguments[1]) : 0, &cpus);
	check(sched_setaffinity(0, sizeof(cpus), &cpus), "sched_setaffinity");
	setvbuf(stdout, NULL, _IOLBF, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	check(bind(listener, (struct sockaddr *)&address, sizeof(address)), "bind");
	check(listen(listener, 128), "listen");
	check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
	printf("%d\n", ntohs(address.sin_port));

	while (scanf("%15s %d", what, &calls) == 2 && calls > 0 && calls <= MOST_CALLS) {
		double sum_ns = 0;

		for (int i = 0; i < calls; i++)
			if (strcmp(what, "accept") == 0)
				accept_once(i);
			else
				getpid_often(i);
		for (int i = 0; i < calls; i++)
			sum_ns += calls_ns[i];
		printf("%.1f %.1f %.1f\n", median(calls_ns, calls), sum_ns / calls, median(wholes_ns, calls));
	}
	return 0;
}
