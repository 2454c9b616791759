/**
 * What an accept costs the server that makes it, with our syscall hook and without: on this host, paired.
 *
 * TCPACCEPT_BENCH_ADDON=PATH puts another build's addon beside this one's.
 */
import {
  type AddedCost,
  acceptsOf,
  addedCosts,
  ours,
  type Tracing,
  timeInTurn,
  UNTRACED,
} from './accept-cost/in-turn.ts';
import { OurTracer } from './accept-cost/our-tracer.ts';
import { buildTimedServer, TimedServer } from './accept-cost/timed-server.ts';
import { type Report, report } from './report.ts';
import { spreadText } from './spread.ts';

const ROUNDS = 3;
const WARMUPS = 2;
const CALLS = 4000;
/** Nobody's: the echo port is not served here. */
const OTHER_PORT = 7;

/** The added cost by tracing, `untraced` first. */
export async function acceptCost({ rounds = ROUNDS, warmups = WARMUPS, calls = CALLS } = {}): Promise<AddedCost[]> {
  buildTimedServer();
  await using server = await TimedServer.start();
  using tracer = new OurTracer();
  const accepts = acceptsOf({ calls });
  const hook = 'syscall';
  const captured = { hook, ports: [server.port] } as const;
  const tracings: Tracing[] = [
    UNTRACED,
    ours('every attribute', tracer, captured, { counter: 'submitted', accepts }),
    ours('filtered out', tracer, { hook, ports: [OTHER_PORT] }, { counter: 'filtered', accepts }),
  ];
  const addon = process.env['TCPACCEPT_BENCH_ADDON'];
  using other = addon ? new OurTracer(addon) : undefined;
  if (other) tracings.push(ours('the other build', other, captured, { counter: 'submitted', accepts }));
  return addedCosts(await timeInTurn(server, tracings, { call: 'accept', calls, rounds, warmups }));
}

/** Microseconds. */
export function addedCostTable(costs: readonly AddedCost[]): Report['table'] {
  const micros = ({ median, min, max }: AddedCost['callNs']) =>
    spreadText({ median: median / 1000, min: min / 1000, max: max / 1000 });
  return {
    columns: ['accept4', 'takes, µs', 'added, µs', 'added to the mean, µs', 'added to the whole connection, µs'],
    rows: costs.map(({ name, callNs, addedNs, addedMeanNs, addedWholeNs }) => [
      name,
      micros(callNs),
      micros(addedNs),
      micros(addedMeanNs),
      micros(addedWholeNs),
    ]),
  };
}

if (import.meta.main) {
  const costs = await acceptCost();
  const question = 'Cost of an accept as the server sees it, syscall hook';
  report({ name: 'accept-cost', question, table: addedCostTable(costs), results: costs });
}
