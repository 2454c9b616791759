/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a TCP socket's change of state tells us. Runs in softirq too: `current` means nothing except on SYN_SENT. */
#ifndef TCPACCEPT_SOCKET_STATE_H
#define TCPACCEPT_SOCKET_STATE_H

#include "queue_stamp.h"
#include "self.h"

static __always_inline int socket_state(struct sock *sk, int old_state, int new_state)
{
	switch (new_state) {
	case TCP_SYN_SENT:
		note_connecting(sk);
		break;
	case TCP_SYN_RECV:
		/* Two that connect to each other at once: nobody accepts that. */
		if (old_state == TCP_SYN_SENT)
			forget_connecting(sk);
		else
			stamp_queued(sk);
		break;
	case TCP_ESTABLISHED:
		/* Makes the cookie, which a tracepoint program could only read later. */
		if (old_state == TCP_SYN_RECV)
			bpf_get_socket_cookie(sk);
		else
			note_connected(sk);
		break;
	case TCP_CLOSE:
		if (old_state == TCP_SYN_SENT)
			forget_connecting(sk);
		/* One that its client reset may still be in the queue, and will be accepted. */
		if (old_state != TCP_ESTABLISHED && old_state != TCP_CLOSE_WAIT)
			forget_queued(sk);
		break;
	}
	return 0;
}

#endif
