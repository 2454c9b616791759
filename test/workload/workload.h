/*
 * The workload: makes a known set of TCP connections, one case a run, and says from its own side what became of each.
 *
 * Usage: workload CASE. Prints {"did":"ready"} once every acceptor waits, goes on when stdin says anything or ends, then
 * prints a line for each connection made ("connected") and for each accepted ("accepted"), and exits 0. Loopback only.
 * Each case makes a fixed number of connections. cases.ts is the list of what is run.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* From <linux/mptcp.h> and <netinet/in.h> of systems newer than some that build this. */
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

struct listener {
	int descriptor;
	int family;
	int protocol;
	int backlog;
	union address target; /* where clients connect to */
};

enum accept_call { ACCEPT, ACCEPT4 };

/* What is known of a connection's time in the accept queue, from outside the kernel. */
struct waited {
	long long least_ns, most_ns; /* of its duration */
	int left;		     /* connections still there when it was out */
	bool was_traced;	     /* when it came there; else nobody can know how long it waited */
};

/* Who accepted: fields that are 0 or NULL are the calling thread's own. */
struct acceptor {
	const char *method;  /* NULL: syscall */
	pid_t pid;	     /* of a 32-bit process that cannot speak for itself */
	bool unknown_thread; /* a worker of the kernel's choice */
	int socket;	     /* of the connection, where there still is one */
	const struct waited *waited;
};

/* connection.c */
void check(long result, const char *what);
struct listener listen_at(int protocol, int family, const char *target, int backlog);
struct listener listen_on(int descriptor, const struct listener *like);
int client_socket(const struct listener *listener);
void connect_socket(int client, const struct listener *listener);
void connect_clients(const struct listener *listener, int count);
/* Connections that wait to be accepted. */
int queue_length(const struct listener *listener);
void await_queued(const struct listener *listener, int count);
int accept_once(const struct listener *listener, enum accept_call call, int flags);
void *accept_for_ever(void *listener);

/* report.c */
void share_counts(void);
void say_ready_and_wait(void);
void say_connected(int client, const struct listener *listener);
void say_accepted(const struct listener *listener, const union address *peer, struct acceptor by);
void await_accepted(int count);

/* process.c */
/* `body` gets a copy of the listener, which may be NULL: a thread outlives the case that started it. */
void start_thread(void *(*body)(void *), const struct listener *listener);
pid_t start_process(void (*body)(void *), void *argument);
/* `in` begins the name of the kernel function it sleeps in; pid 0: this process. */
void await_asleep(pid_t pid, int count, const char *in);
#define IN_ACCEPT "inet_csk_"
void own_network(void);

/* protocols.c */
struct listener listen_fast_open(int backlog, int queue);
int connect_fast_open(const struct listener *listener);
bool came_with_data(int accepted);

extern const char *own_program;

/* clang-format off */
#define CASES(X) \
	X(ipv4) X(ipv6) X(dual_stack) X(accept) X(epoll) X(edge_triggered) X(sleepers) X(crowd) \
	X(reuseport) X(inherited) X(passed) X(activated) X(namespaced) \
	X(io_uring) X(io_uring_worker) X(io_uring_sqpoll) X(io_uring_multishot) \
	X(io_uring_direct) X(io_uring_direct_any) \
	X(mptcp) X(mptcp_plain_client) X(fast_open) X(i386_accept4) X(i386_socketcall) \
	X(closed_at_once) X(replaced_at_once) X(replaced_by_connection) \
	X(reset_before_accept) X(gone_before_accept) X(backlog_full) \
	X(queued) X(queued_mptcp) X(queued_fast_open) \
	X(queued_before) X(queued_before_mptcp) X(queued_before_fast_open)
/* clang-format on */

#define DECLARE(name) void case_##name(void);
CASES(DECLARE)
/* What `activated` executes itself as. */
void accept_as_activated(void);

#endif
