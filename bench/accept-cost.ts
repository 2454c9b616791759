/**
 * What an accept costs the server that makes it, with our syscall hook and without: on this host, paired.
 *
 * TCPACCEPT_BENCH_ADDON=NAME=PATH puts another build's addon beside this one's, in a report of its own.
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
import { differenceOf, type Spread, spreadText } from './spread.ts';

const ROUNDS = 21;
const WARMUPS = 2;
const CALLS = 4000;
/** Nobody's: the echo port is not served here. */
const OTHER_PORT = 7;
const THIS_BUILD = 'every attribute';

export interface PairedCosts {
  /** By tracing, of every round. */
  readonly costs: readonly AddedCost[];
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
  /** Nanoseconds this build's accept takes more than the other's in the same round. */
  readonly aboveOtherNs?: Spread;
}

/** Another build's name in the table, and its addon. */
function otherBuild(): [name: string, addon: string] | undefined {
  const [name, addon] = process.env['TCPACCEPT_BENCH_ADDON']?.split('=') ?? [];
  return name && addon ? [name, addon] : undefined;
}

export async function acceptCost({ rounds = ROUNDS, warmups = WARMUPS, calls = CALLS } = {}): Promise<PairedCosts> {
  buildTimedServer();
  await using server = await TimedServer.start();
  using tracer = new OurTracer();
  const accepts = acceptsOf({ calls });
  const hook = 'syscall';
  const captured = { hook, ports: [server.port] } as const;
  const tracings: Tracing[] = [
    UNTRACED,
    ours(THIS_BUILD, tracer, captured, { counter: 'submitted', accepts }),
    ours('filtered out', tracer, { hook, ports: [OTHER_PORT] }, { counter: 'filtered', accepts }),
  ];
  const [otherName, addon] = otherBuild() ?? [];
  using other = addon ? new OurTracer(addon) : undefined;
  if (other && otherName) tracings.push(ours(otherName, other, captured, { counter: 'submitted', accepts }));
  const timed = await timeInTurn(server, tracings, { call: 'accept', calls, rounds, warmups, isShared: true });
  const medians = (name: string) => timed.rounds.map((round) => round.get(name)?.medianNs ?? Number.NaN);
  return {
    costs: addedCosts(timed),
    rounds: timed.rounds.length,
    alone: timed.alone,
    ...(otherName ? { aboveOtherNs: differenceOf(medians(THIS_BUILD), medians(otherName)) } : {}),
  };
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
  const results = await acceptCost();
  const question = 'Cost of an accept as the server sees it, syscall hook';
  report({
    name: otherBuild() ? 'accept-cost-builds' : 'accept-cost',
    question,
    table: addedCostTable(results.costs),
    results,
  });
}
