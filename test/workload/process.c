/* Threads, processes, namespaces, and how to know that somebody sleeps. */
#define _GNU_SOURCE
#include <dirent.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

#define DEADLINE_SECONDS 60

void start_thread(void *(*body)(void *), const struct listener *listener)
{
	struct listener *copy = NULL;
	pthread_t thread;

	if (listener) {
		copy = malloc(sizeof(*copy));
		check(copy ? 0 : -1, "malloc");
		*copy = *listener;
	}
	check(-pthread_create(&thread, NULL, body, copy), "pthread_create");
}

/* Ends with the process that started it. */
pid_t start_process(void (*body)(void *), void *argument)
{
	pid_t child = fork();

	check(child, "fork");
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	body(argument);
	_exit(0);
}

/* `in` is what the name of a kernel function begins with, in /proc's wchan. */
static bool is_asleep(const char *task, const char *in)
{
	char path[320], function[64] = {};
	FILE *file;

	snprintf(path, sizeof(path), "%s/wchan", task);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(function, sizeof(function), file) == NULL)
		function[0] = 0;
	fclose(file);
	return !strncmp(function, in, strlen(in));
}

static int count_asleep(const char *tasks, const char *in)
{
	DIR *folder = opendir(tasks);
	struct dirent *entry;
	char path[300];
	int count = 0;

	if (!folder)
		return 0;
	while ((entry = readdir(folder))) {
		snprintf(path, sizeof(path), "%s/%s", tasks, entry->d_name);
		count += entry->d_name[0] != '.' && is_asleep(path, in);
	}
	closedir(folder);
	return count;
}

/* Threads of `pid` (as the mounted /proc has it) until `count` of them sleep there. */
void await_asleep(pid_t pid, int count, const char *in)
{
	time_t deadline = time(NULL) + DEADLINE_SECONDS;
	char tasks[64] = "/proc/self/task";

	if (pid)
		snprintf(tasks, sizeof(tasks), "/proc/%d/task", pid);
	while (count_asleep(tasks, in) < count) {
		if (time(NULL) > deadline) {
			fprintf(stderr, "workload: not %d threads in %s sleep in %s\n", count, tasks, in);
			exit(1);
		}
		usleep(1000);
	}
}

/* A network namespace of its own, with loopback. */
void own_network(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int any;

	check(unshare(CLONE_NEWNET), "unshare");
	any = socket(AF_INET, SOCK_DGRAM, 0);
	check(ioctl(any, SIOCSIFFLAGS, &request), "lo");
	close(any);
}
