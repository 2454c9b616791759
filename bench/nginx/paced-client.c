/*
 * Asks a server at a fixed rate, each request on a connection of its own, whether or not it keeps up: what a request
 * takes is counted from when it was due, so that one that waits for the client's turn has waited.
 *
 * Usage: paced-client CPU PORT RATE MILLISECONDS. Prints what it saw as JSON. Exits 1 when it cannot ask at all.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_REQUESTS 1000000
#define EVENTS_AT_ONCE 64
#define PATIENCE_NS 2000000000ull

struct request {
  int socket;
  bool is_sent;
};

static const char text[] = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
static struct request requests[MOST_REQUESTS];
static double took_us[MOST_REQUESTS];
static struct sockaddr_in address = {.sin_family = AF_INET};
static int poller, answered, failed;

static int check(int result, const char* what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static uint64_t now_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void ask(struct request* request) {
  struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = request};

  request->socket = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  if (connect(request->socket, (struct sockaddr*)&address, sizeof(address)) < 0 && errno != EINPROGRESS) {
    close(request->socket);
    failed++;
    return;
  }
  check(epoll_ctl(poller, EPOLL_CTL_ADD, request->socket, &wanted), "epoll_ctl");
}

/* Sends once it can, and reads until the server closes. */
static void go_on(struct request* request, uint64_t due_ns) {
  char answer[1024];
  ssize_t length;

  if (!request->is_sent) {
    request->is_sent = send(request->socket, text, sizeof(text) - 1, MSG_NOSIGNAL) > 0;
    if (!request->is_sent && errno == EAGAIN) return;
  }
  do length = recv(request->socket, answer, sizeof(answer), 0);
  while (length > 0);
  if (length < 0 && errno == EAGAIN) return;
  close(request->socket);
  if (length == 0 && request->is_sent)
    took_us[answered++] = (now_ns() - due_ns) / 1e3;
  else
    failed++;
}

static void wait_until(uint64_t until_ns, uint64_t began_ns, uint64_t interval_ns) {
  const uint64_t now = now_ns(), left_ns = now < until_ns ? until_ns - now : 0;
  const struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
  struct epoll_event events[EVENTS_AT_ONCE];
  const int count = epoll_pwait2(poller, events, EVENTS_AT_ONCE, &left, NULL);

  for (int i = 0; i < count; i++) {
    struct request* request = events[i].data.ptr;

    go_on(request, began_ns + (request - requests) * interval_ns);
  }
}

static int by_size(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;

  return (a > b) - (a < b);
}

int main(int count, char** arguments) {
  const int cpu = count == 5 ? atoi(arguments[1]) : -1, rate = count == 5 ? atoi(arguments[3]) : 0;
  const int wanted = count == 5 ? (int64_t)rate * atoi(arguments[4]) / 1000 : 0;
  uint64_t began_ns, interval_ns;
  cpu_set_t cpus;

  if (cpu < 0 || wanted <= 0 || wanted > MOST_REQUESTS) {
    fprintf(stderr, "usage: paced-client CPU PORT RATE MILLISECONDS\n");
    return 1;
  }
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  check(sched_setaffinity(0, sizeof(cpus), &cpus), "sched_setaffinity");
  prctl(PR_SET_TIMERSLACK, 1); /* 50 us by default, which is as much as a request takes */
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(atoi(arguments[2]));
  poller = check(epoll_create1(0), "epoll_create1");
  interval_ns = 1000000000ull / rate;

  began_ns = now_ns();
  for (int i = 0; i < wanted; i++) {
    while (now_ns() < began_ns + i * interval_ns) wait_until(began_ns + i * interval_ns, began_ns, interval_ns);
    ask(&requests[i]);
  }
  for (uint64_t end_ns = now_ns() + PATIENCE_NS; answered + failed < wanted && now_ns() < end_ns;)
    wait_until(end_ns, began_ns, interval_ns);
  qsort(took_us, answered, sizeof(*took_us), by_size);
  printf("{\"requests\":%d,\"errors\":%d,\"p50Micros\":%.1f,\"p99Micros\":%.1f,\"clientMicros\":%.0f}\n", answered,
         wanted - answered, took_us[answered / 2], took_us[answered * 99ll / 100], clock() * (1e6 / CLOCKS_PER_SEC));
  return 0;
}
