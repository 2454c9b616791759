/** What an accept costs the server that makes it, with each of our hooks, bcc and bpftrace: one boot of Debian 6.1. */

import { runInGuest } from '../test/vm/run-in-guest.ts';
import { buildTimedServer } from './accept-cost/timed-server.ts';
import type { GuestCosts } from './accept-cost/tracers-in-guest.ts';
import { addedCostTable } from './accept-cost.ts';
import { type Report, report } from './report.ts';

const ROUNDS = 5;
const CALLS = 1500;

buildTimedServer();
const results = await runInGuest<GuestCosts>({
  line: '6.1',
  program: '../../bench/accept-cost/tracers-in-guest.ts',
  args: [`${process.env['TCPACCEPT_BENCH_ROUNDS'] ?? ROUNDS}`, `${CALLS}`, 'bcc', 'bpftrace'],
  headers: true,
  timeoutMillis: 900_000,
});
const { columns, rows } = addedCostTable(results.accepts);
const bcc = results.accepts.find(({ name }) => name === 'bcc')?.addedNs.median ?? Number.NaN;
const table: Report['table'] = {
  columns: [...columns, 'added, of what bcc adds'],
  rows: rows.map((cells, row) => [...cells, ((results.accepts[row]?.addedNs.median ?? Number.NaN) / bcc).toFixed(2)]),
};
report({ name: 'tracers', question: 'Cost of an accept as the server sees it, in a 6.1 guest', table, results });
