/** What an accept costs the server that makes it, with our syscall hook and without: on this host, paired. */
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
import { buildVariant } from './programs/build-variant.ts';
import { EMPTY } from './programs/variants.ts';
import { type Report, report } from './report.ts';
import { spreadText } from './spread.ts';

const ROUNDS = 11;
const WARMUPS = 1;
const CALLS = 2000;
/** Nobody's: the echo port is not served here. */
const OTHER_PORT = 7;

export interface PairedCosts {
  /** By tracing, of every round. */
  readonly costs: readonly AddedCost[];
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
}

export interface AcceptCostOptions {
  readonly rounds?: number;
  readonly warmups?: number;
  readonly calls?: number;
  /** The addon whose programs do nothing; without it the floor is not measured. */
  readonly empty?: string;
}

export async function acceptCost(options: AcceptCostOptions = {}): Promise<PairedCosts> {
  const { rounds = ROUNDS, warmups = WARMUPS, calls = CALLS, empty } = options;
  buildTimedServer();
  await using server = await TimedServer.start();
  using tracer = new OurTracer();
  using floor = empty ? new OurTracer(empty) : undefined;
  const accepts = acceptsOf({ calls });
  const hook = 'syscall';
  const captured = { hook, ports: [server.port] } as const;
  const tracings: Tracing[] = [
    UNTRACED,
    ours('every attribute', tracer, captured, { counter: 'submitted', accepts }),
    ours('summary mode', tracer, { ...captured, mode: 'summary' }, { counter: 'aggregated', accepts }),
    ours('filtered out', tracer, { hook, ports: [OTHER_PORT] }, { counter: 'filtered', accepts }),
    ...(floor ? [ours(EMPTY.name, floor, captured)] : []),
  ];
  const timed = await timeInTurn(server, tracings, { call: 'accept', calls, rounds, warmups, isShared: true });
  return { costs: addedCosts(timed), rounds: timed.rounds.length, alone: timed.alone };
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
  const results = await acceptCost({ empty: buildVariant(EMPTY) });
  const question = 'Cost of an accept as the server sees it, syscall hook';
  report({
    name: 'accept-cost',
    question,
    table: addedCostTable(results.costs),
    results,
  });
}
