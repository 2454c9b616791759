import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { closeCause, closedBy } from '../../src/kernel/close-cause.ts';

const { ECONNRESET, EPIPE, ECONNABORTED, ETIMEDOUT, EHOSTUNREACH } = constants.errno;
const [ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING] = [1, 4, 5, 8, 9, 11] as const;

/** Every way to TCP_CLOSE that a socket which was accepted can take: the state it came from, sk_err, and what is said. */
const WAYS = [
  [ESTABLISHED, 0, 'local', 'reset'],
  [ESTABLISHED, ECONNRESET, 'peer', 'reset'],
  [ESTABLISHED, ETIMEDOUT, 'local', 'timeout'],
  [ESTABLISHED, EHOSTUNREACH, 'local', 'timeout'],
  [ESTABLISHED, ECONNABORTED, 'local', 'abort'],
  [FIN_WAIT1, 0, 'local', 'reset'],
  [FIN_WAIT1, ECONNRESET, 'local', 'reset'],
  [FIN_WAIT1, ETIMEDOUT, 'local', 'timeout'],
  [FIN_WAIT2, 0, 'local', 'fin'],
  [FIN_WAIT2, ECONNRESET, 'local', 'reset'],
  [CLOSING, 0, 'local', 'fin'],
  [CLOSE_WAIT, 0, 'peer', 'reset'],
  [CLOSE_WAIT, EPIPE, 'peer', 'reset'],
  [CLOSE_WAIT, ETIMEDOUT, 'peer', 'timeout'],
  [LAST_ACK, 0, 'peer', 'fin'],
  [LAST_ACK, ECONNRESET, 'peer', 'reset'],
] as const;

for (const [state, error, by, cause] of WAYS) {
  test(`from state ${state} with error ${error}: ${by}, ${cause}`, () => {
    assert.deepEqual([closedBy(state, error), closeCause(state, error)], [by, cause]);
  });
}
