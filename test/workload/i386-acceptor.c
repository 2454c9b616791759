/*
 * Accepts for ever on descriptor 3 and writes each peer's struct sockaddr_in to descriptor 4. Usage: accept4|socketcall
 *
 * By int 0x80 and without libc, so that a compiler for x86_64 alone can build it: gcc -m32 -nostdlib -static.
 */
#define NR_CLOSE      6
#define NR_EXIT	      1
#define NR_SOCKETCALL 102
#define NR_ACCEPT4    364
#define NR_WRITE      4
#define SYS_ACCEPT    5 /* <linux/net.h> */

struct sockaddr_in {
	unsigned words[4];
};

static int call(int number, long one, long two, long three, long four)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(one), "c"(two), "d"(three), "S"(four)
			 : "memory");
	return result;
}

static __attribute__((used)) void begin(const long *stack)
{
	const char *how = (const char *)stack[2]; /* argc, argv[0], argv[1] */

	for (;;) {
		struct sockaddr_in peer;
		int length = sizeof(peer), accepted;
		long arguments[] = {3, (long)&peer, (long)&length};

		if (how[0] == 'a')
			accepted = call(NR_ACCEPT4, arguments[0], arguments[1], arguments[2], 0);
		else
			accepted = call(NR_SOCKETCALL, SYS_ACCEPT, (long)arguments, 0, 0);
		if (accepted < 0 || call(NR_WRITE, 4, (long)&peer, sizeof(peer), 0) != sizeof(peer))
			call(NR_EXIT, 1, 0, 0, 0);
		call(NR_CLOSE, accepted, 0, 0, 0);
	}
}

__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n\tpush %eax\n\tcall begin\n");
