import { constants } from 'node:os';

/** Which side let go of the connection first: ours, which accepted it, or the client's. */
export type ClosedBy = 'local' | 'peer';

/** How it came to its end: `fin`, in order; `reset`; `timeout`, given up for want of an answer; `abort`, destroyed. */
export type CloseCause = 'fin' | 'reset' | 'timeout' | 'abort';

/** States before CLOSE, include/net/tcp_states.h. */
const FIN_WAIT1 = 4;
const FIN_WAIT2 = 5;
const CLOSE_WAIT = 8;
const LAST_ACK = 9;
const CLOSING = 11;

const { ECONNRESET, EPIPE, ECONNABORTED } = constants.errno;

/**
 * Who closed it first, by the state it came from and its pending error (`sk_err`).
 *
 * The state tells whose FIN was first. Where there was none it was a reset: one that came sets the error before the state
 * changes (tcp_reset), our own only after (tcp_disconnect), or never (tcp_close with unread data): net/ipv4/tcp.c and
 * tcp_input.c, 6.1 to 6.18.
 */
export function closedBy(lastState: number, error: number): ClosedBy {
  if (lastState === CLOSE_WAIT || lastState === LAST_ACK) return 'peer';
  if (lastState === FIN_WAIT1 || lastState === FIN_WAIT2 || lastState === CLOSING) return 'local';
  return error === ECONNRESET ? 'peer' : 'local';
}

/** A reset in CLOSE_WAIT sets EPIPE; ss --kill and its like set ECONNABORTED; what gives up ETIMEDOUT or what ICMP said. */
export function closeCause(lastState: number, error: number): CloseCause {
  if (error === ECONNRESET || error === EPIPE) return 'reset';
  if (error === ECONNABORTED) return 'abort';
  if (error !== 0) return 'timeout';
  // Without an error these come to CLOSE only as the last step of an orderly end.
  return lastState === FIN_WAIT2 || lastState === CLOSING || lastState === LAST_ACK ? 'fin' : 'reset';
}
