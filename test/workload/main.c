#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workload.h"

const char *own_program;

int main(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : "";

	own_program = argv[0];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(name, "accept_as_activated")) {
		accept_as_activated();
		return 0;
	}
	share_counts();
#define RUN_IF_NAMED(id)                                                                                               \
	if (!strcmp(name, #id)) {                                                                                      \
		case_##id();                                                                                           \
		return 0;                                                                                              \
	}
	CASES(RUN_IF_NAMED)
	fprintf(stderr, "workload: no case is named '%s'\n", name);
	return 2;
}
