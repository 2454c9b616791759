/** What an accept costs the server that makes it, with each of our hooks, bcc and bpftrace: one boot of Debian 6.1. */

import type { ToolName } from '../test/vm/oracle.ts';
import { runInGuest } from '../test/vm/run-in-guest.ts';
import { buildTimedServer } from './accept-cost/timed-server.ts';
import type { GuestCosts } from './accept-cost/tracers-in-guest.ts';
import { addedCostTable } from './accept-cost.ts';
import { buildVariant } from './programs/build-variant.ts';
import { BCC_FIELDS, EMPTY } from './programs/variants.ts';
import { type Report, report } from './report.ts';

const ROUNDS = 5;
const CALLS = 1500;
const TOOL_NAMES: readonly ToolName[] = ['bcc', 'bpftrace'];

/** `tools` take a minute each to start. */
export function tracersInGuest({ rounds = ROUNDS, calls = CALLS, tools = TOOL_NAMES } = {}): Promise<GuestCosts> {
  buildTimedServer();
  for (const variant of [EMPTY, BCC_FIELDS]) buildVariant(variant);
  return runInGuest<GuestCosts>({
    line: '6.1',
    program: '../../bench/accept-cost/tracers-in-guest.ts',
    args: [`${rounds}`, `${calls}`, ...tools],
    headers: true,
    timeoutMillis: 900_000,
  });
}

export function tracersTable({ accepts }: GuestCosts): Report['table'] {
  const { columns, rows } = addedCostTable(accepts);
  const bcc = accepts.find(({ name }) => name === 'bcc')?.addedNs.median ?? Number.NaN;
  return {
    columns: [...columns, 'added, of what bcc adds'],
    rows: rows.map((cells, row) => [...cells, ((accepts[row]?.addedNs.median ?? Number.NaN) / bcc).toFixed(2)]),
  };
}

if (import.meta.main) {
  const results = await tracersInGuest({ rounds: Number(process.env['TCPACCEPT_BENCH_ROUNDS'] ?? ROUNDS) });
  const question = 'Cost of an accept as the server sees it, in a 6.1 guest';
  report({ name: 'tracers', question, table: tracersTable(results), results });
}
