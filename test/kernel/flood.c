/*
 * More accepts than anyone can take one by one, and the list of them: flood ACCEPTORS CLIENTS LISTENERS SLEEP_MICROS.
 *
 * Prints its listeners' ports on a line, then takes lines `CONNECTIONS SOURCES LOCALS SEED` from stdin: makes that many
 * connections from that many addresses to that many others, all in 127.0.0.0/8, chosen by the seed or, with 0, each in
 * turn; prints `done` when all are accepted. At the end of stdin it prints a line `port local source` for each.
 * Acceptors told to sleep do so before each accept, once all of a round are connected: the n-th is queued for n sleeps.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_LISTENERS 16
#define MOST_CLIENTS   64
#define BACKLOG	       4096
/* A client whose last ACK finds the queue full takes itself for connected, and is never accepted. */
#define MOST_WAITING 1000

struct connection {
	uint16_t port;
	uint32_t local, source; /* host order */
};

struct client {
	pthread_t thread;
	int number;
	uint64_t random;
	struct connection *made;
	size_t count, room;
};

static int acceptors, clients, listeners, sleep_micros;
static int listener_fds[MOST_LISTENERS];
static uint16_t ports[MOST_LISTENERS];
static struct client workers[MOST_CLIENTS];
static long connections, sources, locals, seed;
static atomic_long next_number, begun, accepted;
static atomic_bool all_connected;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t random_of(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int listen_anywhere(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, BACKLOG) < 0)
		fail("listen");
	getsockname(fd, (struct sockaddr *)&address, &length);
	*port = ntohs(address.sin_port);
	return fd;
}

static void *accept_for_ever(void *listener)
{
	for (;;) {
		int fd;

		if (sleep_micros) {
			while (!atomic_load(&all_connected))
				usleep(100);
			usleep(sleep_micros);
		}
		fd = accept4(*(int *)listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			fail("accept");
		close(fd);
		atomic_fetch_add(&accepted, 1);
	}
	return NULL;
}

static void connect_once(const struct connection *to)
{
	struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(to->source)};
	struct sockaddr_in local = {
	    .sin_family = AF_INET, .sin_port = htons(to->port), .sin_addr.s_addr = htonl(to->local)};
	struct linger reset = {.l_onoff = 1};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (fd < 0 || bind(fd, (struct sockaddr *)&source, sizeof(source)) < 0)
		fail("bind");
	if (connect(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
		fail("connect");
	close(fd);
}

static void *make_connections(void *argument)
{
	struct client *client = argument;
	long number;

	while ((number = atomic_fetch_add(&next_number, 1)) < connections) {
		uint64_t choice = seed ? random_of(&client->random) : (uint64_t)number;
		struct connection made = {
		    .port = ports[choice % listeners],
		    .source = 0x7f010000 + (seed ? (choice >> 8) % sources : choice % sources),
		    .local = 0x7f800001 + (seed ? (choice >> 32) % locals : choice % locals),
		};

		while (atomic_load(&begun) - atomic_load(&accepted) >= MOST_WAITING)
			usleep(100);
		atomic_fetch_add(&begun, 1);
		connect_once(&made);
		if (client->count == client->room) {
			client->room = client->room ? 2 * client->room : 1024;
			client->made = realloc(client->made, client->room * sizeof(made));
			if (!client->made)
				fail("realloc");
		}
		client->made[client->count++] = made;
	}
	return NULL;
}

static void run_round(void)
{
	long wanted = atomic_load(&accepted) + connections;

	atomic_store(&next_number, 0);
	atomic_store(&all_connected, false);
	for (int i = 0; i < clients; i++) {
		workers[i].random = (uint64_t)seed * 0x9e3779b97f4a7c15 + i + 1;
		if (pthread_create(&workers[i].thread, NULL, make_connections, &workers[i]))
			fail("pthread_create");
	}
	for (int i = 0; i < clients; i++)
		pthread_join(workers[i].thread, NULL);
	atomic_store(&all_connected, true);
	while (atomic_load(&accepted) < wanted)
		usleep(100);
	puts("done");
}

static void print_all(void)
{
	for (int i = 0; i < clients; i++) {
		for (size_t k = 0; k < workers[i].count; k++) {
			struct connection *made = &workers[i].made[k];
			struct in_addr local = {htonl(made->local)}, source = {htonl(made->source)};
			char local_text[INET_ADDRSTRLEN], source_text[INET_ADDRSTRLEN];

			inet_ntop(AF_INET, &local, local_text, sizeof(local_text));
			inet_ntop(AF_INET, &source, source_text, sizeof(source_text));
			printf("%d %s %s\n", made->port, local_text, source_text);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	acceptors = atoi(argv[1]);
	clients = atoi(argv[2]);
	listeners = atoi(argv[3]);
	sleep_micros = atoi(argv[4]);
	if (clients > MOST_CLIENTS || listeners > MOST_LISTENERS)
		return 2;
	for (int i = 0; i < listeners; i++) {
		listener_fds[i] = listen_anywhere(&ports[i]);
		printf("%d%c", ports[i], i == listeners - 1 ? '\n' : ' ');
		for (int k = 0; k < acceptors; k++) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, accept_for_ever, &listener_fds[i]))
				fail("pthread_create");
		}
	}
	fflush(stdout);
	while (scanf("%ld %ld %ld %ld", &connections, &sources, &locals, &seed) == 4) {
		run_round();
		fflush(stdout);
	}
	print_all();
	return 0;
}
