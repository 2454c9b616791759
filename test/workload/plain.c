/* Ordinary servers: families, the two calls, blocking and not, many threads on one listener. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workload.h"

#define CONNECTIONS 24
#define BURSTS	    3
#define SLEEPERS    64
#define CROWD	    4200 /* more than a return probe has instances, 4,096 */

static void serve_with(int threads, int connections, struct listener listener, void *(*body)(void *))
{
	for (int i = 0; i < threads; i++)
		start_thread(body, &listener);
	await_asleep(0, threads, IN_ACCEPT);
	say_ready_and_wait();
	connect_clients(&listener, connections);
	await_accepted(connections);
}

void case_ipv4(void)
{
	serve_with(1, CONNECTIONS, listen_at(0, AF_INET, "127.0.0.1", 11), accept_for_ever);
}

void case_ipv6(void)
{
	serve_with(1, CONNECTIONS, listen_at(0, AF_INET6, "::1", 12), accept_for_ever);
}

void case_dual_stack(void)
{
	serve_with(1, CONNECTIONS, listen_at(0, AF_INET6, "127.0.0.1", 13), accept_for_ever);
}

static void *call_accept_for_ever(void *listener)
{
	for (;;) {
		int accepted = accept_once(listener, ACCEPT, 0);

		check(accepted, "accept");
		close(accepted);
	}
	return NULL;
}

void case_accept(void)
{
	serve_with(1, CONNECTIONS, listen_at(0, AF_INET, "127.0.0.1", 14), call_accept_for_ever);
}

/* Two rounds: the second finds threads that came back to sleep while everybody watched. */
void case_sleepers(void)
{
	serve_with(SLEEPERS, 2 * SLEEPERS, listen_at(0, AF_INET, "127.0.0.1", 2 * SLEEPERS), accept_for_ever);
}

/* As event loops do: EAGAIN is asked for after every readiness. */
static void accept_when_ready(const struct listener *listener, int events, int count)
{
	struct epoll_event event = {.events = events};
	int poll = epoll_create1(0), accepted;

	check(epoll_ctl(poll, EPOLL_CTL_ADD, listener->descriptor, &event), "epoll_ctl");
	while (count > 0) {
		check(epoll_wait(poll, &event, 1, -1), "epoll_wait");
		while ((accepted = accept_once(listener, ACCEPT4, SOCK_NONBLOCK)) >= 0) {
			close(accepted);
			count--;
		}
		check(accepted == -EAGAIN ? 0 : accepted, "accept4");
	}
	close(poll);
}

static void *accept_and_stay(void *listener)
{
	check(accept_once(listener, ACCEPT4, 0), "accept4");
	pause();
	return NULL;
}

/* Each thread calls accept once, so that what a probe missed is an accept that nobody saw. */
void case_crowd(void)
{
	struct rlimit both_ends = {2 * CROWD + 64, 2 * CROWD + 64};

	check(setrlimit(RLIMIT_NOFILE, &both_ends), "RLIMIT_NOFILE");
	serve_with(CROWD, CROWD, listen_at(0, AF_INET, "127.0.0.1", CROWD), accept_and_stay);
}

static struct listener non_blocking_listener(int backlog)
{
	struct listener listener = listen_at(0, AF_INET, "127.0.0.1", backlog);
	int on = 1;

	check(ioctl(listener.descriptor, FIONBIO, &on), "FIONBIO");
	return listener;
}

static void *serve_ready(void *listener)
{
	accept_when_ready(listener, EPOLLIN, CONNECTIONS);
	return NULL;
}

void case_epoll(void)
{
	struct listener listener = non_blocking_listener(15);

	start_thread(serve_ready, &listener);
	say_ready_and_wait();
	connect_clients(&listener, CONNECTIONS);
	await_accepted(CONNECTIONS);
}

void case_edge_triggered(void)
{
	struct listener listener = non_blocking_listener(CONNECTIONS);

	say_ready_and_wait();
	for (int i = 0; i < BURSTS; i++) {
		connect_clients(&listener, CONNECTIONS);
		accept_when_ready(&listener, EPOLLIN | EPOLLET, CONNECTIONS);
	}
}
