/*
 * A server that times its own system calls: connects to itself and accepts, in one thread on one CPU, so that a
 * connection waits for nobody: its handshake is over when connect returns, and accept4 never sleeps.
 *
 * Usage: timed-server CPU [LISTENERS], which have one port, and take turns. Says the port, then answers each line
 * `WHAT COUNT` on stdin with `MEDIAN MEAN WHOLE`, nanoseconds of one call; WHOLE is the median of connect, accept4 and
 * the reset together. WHAT is `accept`, `peers` (each from another address than any before), `processes` (each by a
 * process of its own) or `getpid`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_CALLS	1000000
#define GETPIDS_AT_ONCE 64
#define MOST_LISTENERS	1000
/* So long does a process that has accepted live on: some 50 ms, in which a tracer may look at it. */
#define LIVING_PROCESSES 128
/* The first address that clients have in turn; 127.0.0.1 and those after it are the listeners'. */
#define FIRST_PEER (INADDR_LOOPBACK + (1 << 16))
#define MOST_PEERS (15 << 20)

static double *calls_ns, wholes_ns[MOST_CALLS];
static int listeners[MOST_LISTENERS], listener_count, peers;
static pid_t processes[LIVING_PROCESSES];
static int accepted_pipe[2];
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

static int timed_accept(int i)
{
	const int listener = listeners[i % listener_count];
	const uint64_t before = now_ns();
	const int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	calls_ns[i] = now_ns() - before;
	return accepted;
}

/* To the listener whose turn it is. */
static int connected_client(int i, bool is_new_peer)
{
	const int client = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	struct sockaddr_in own = {.sin_family = AF_INET};

	check(client, "socket");
	if (is_new_peer) {
		own.sin_addr.s_addr = htonl(FIRST_PEER + peers++ % MOST_PEERS);
		check(setsockopt(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)),
		      "IP_BIND_ADDRESS_NO_PORT");
		check(bind(client, (struct sockaddr *)&own, sizeof(own)), "bind of a client");
	}
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % listener_count);
	check(connect(client, (struct sockaddr *)&address, sizeof(address)), "connect");
	return client;
}

static void accept_once(int i, bool is_new_peer)
{
	const uint64_t began = now_ns();
	const int client = connected_client(i, is_new_peer), accepted = timed_accept(i);

	reset(client);
	close(accepted);
	wholes_ns[i] = now_ns() - began;
}

static void end_process(pid_t *process)
{
	if (*process > 0 && kill(*process, SIGKILL) == 0)
		waitpid(*process, NULL, 0);
	*process = 0;
}

/* The time is written into memory that both have. */
static void accept_in_process(int i)
{
	const uint64_t began = now_ns();
	const int client = connected_client(i, false);
	char byte = 0;

	end_process(&processes[i % LIVING_PROCESSES]);
	processes[i % LIVING_PROCESSES] = fork();
	check(processes[i % LIVING_PROCESSES], "fork");
	if (processes[i % LIVING_PROCESSES] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		check(timed_accept(i), "accept4");
		check(write(accepted_pipe[1], &byte, 1), "write");
		for (;;)
			pause();
	}
	check(read(accepted_pipe[0], &byte, 1), "read");
	reset(client);
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

static int listener_at(uint32_t ip)
{
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(address);

	address.sin_addr.s_addr = htonl(ip);
	check(bind(listener, (struct sockaddr *)&address, sizeof(address)), "bind");
	check(listen(listener, 128), "listen");
	check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
	return listener;
}

static void call_once(const char *what, int i)
{
	if (strcmp(what, "getpid") == 0)
		getpid_often(i);
	else if (strcmp(what, "processes") == 0)
		accept_in_process(i);
	else
		accept_once(i, strcmp(what, "peers") == 0);
}

int main(int count, char **arguments)
{
	const int wanted = count > 2 ? atoi(arguments[2]) : 1;
	cpu_set_t cpus;
	char what[16];
	int calls;

	CPU_ZERO(&cpus);
	CPU_SET(count > 1 ? atoi(arguments[1]) : 0, &cpus);
	check(sched_setaffinity(0, sizeof(cpus), &cpus), "sched_setaffinity");
	setvbuf(stdout, NULL, _IOLBF, 0);
	check(pipe(accepted_pipe), "pipe");
	calls_ns =
	    mmap(NULL, MOST_CALLS * sizeof(*calls_ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(calls_ns == MAP_FAILED ? -1 : 0, "mmap");

	for (; listener_count < wanted && listener_count < MOST_LISTENERS; listener_count++)
		listeners[listener_count] = listener_at(INADDR_LOOPBACK + listener_count);
	printf("%d\n", ntohs(address.sin_port));

	while (scanf("%15s %d", what, &calls) == 2 && calls > 0 && calls <= MOST_CALLS) {
		double sum_ns = 0;

		for (int i = 0; i < calls; i++)
			call_once(what, i);
		for (int i = 0; i < calls; i++)
			sum_ns += calls_ns[i];
		printf("%.1f %.1f %.1f\n", median(calls_ns, calls), sum_ns / calls, median(wholes_ns, calls));
	}
	for (int i = 0; i < LIVING_PROCESSES; i++)
		end_process(&processes[i]);
	return 0;
}
