/** What any other system call costs while we are attached: getpid, on this host, paired. */

import { addedCosts, ours, timeInTurn, UNTRACED } from './accept-cost/in-turn.ts';
import { OurTracer } from './accept-cost/our-tracer.ts';
import { buildTimedServer, TimedServer } from './accept-cost/timed-server.ts';
import type { PairedCosts } from './accept-cost.ts';
import { report } from './report.ts';
import { spreadText } from './spread.ts';

const ROUNDS = 15;
const WARMUPS = 1;
/** Each is 64 system calls. */
const CALLS = 5000;

export async function otherSyscalls({ rounds = ROUNDS, warmups = WARMUPS, calls = CALLS } = {}): Promise<PairedCosts> {
  buildTimedServer();
  await using server = await TimedServer.start();
  using tracer = new OurTracer();
  const tracings = [UNTRACED, ours('syscall hook', tracer, { hook: 'syscall', ports: [server.port] })];
  const timed = await timeInTurn(server, tracings, { call: 'getpid', calls, rounds, warmups, isShared: true });
  return { costs: addedCosts(timed), rounds: timed.rounds.length, alone: timed.alone };
}

if (import.meta.main) {
  const results = await otherSyscalls();
  report({
    name: 'other-syscalls',
    question: 'Cost of any other system call while attached (getpid)',
    table: {
      columns: ['getpid', 'takes, ns', 'added, ns'],
      rows: results.costs.map(({ name, callNs, addedNs }) => [name, spreadText(callNs, 0), spreadText(addedNs, 0)]),
    },
    results,
  });
}
