import { setTimeout as pause } from 'node:timers/promises';
import type { KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { differenceOf, type Spread, spreadOf } from '../spread.ts';
import type { OurTracer } from './our-tracer.ts';
import { othersTrace } from './strangers.ts';
import type { CallTime, TimedCall, TimedServer } from './timed-server.ts';

/** One way to be traced. */
export interface Tracing {
  readonly name: string;
  begin(): Promise<void>;
  /** Throws when what was made meanwhile was not traced as it should. */
  end(): Promise<void>;
}

export interface InTurn {
  readonly call: TimedCall;
  /** Of one interval, which is one round of one tracing. */
  readonly calls: number;
  readonly rounds: number;
  readonly warmups: number;
  /** Whether others may trace on this host meanwhile: those rounds are told apart. */
  readonly isShared: boolean;
}

/** One time for each tracing. */
export type Round = ReadonlyMap<string, CallTime>;

export interface TimedRounds {
  readonly rounds: readonly Round[];
  /** How many of the rounds had no other tracer on the host. */
  readonly alone: number;
}

const MOST_TRIES = 2;
const LEAST_ALONE = 0.5;
const STRANGER_MILLIS = 500;
/** Not kept, of each interval: the caches are another tracing's. */
const SETTLING_CALLS = 200;

export const UNTRACED: Tracing = { name: 'untraced', begin: async () => {}, end: async () => {} };

/** Ours with these settings; `counter` is where each accept of the interval must be found. */
export function ours(
  name: string,
  tracer: OurTracer,
  settings: Partial<TracerSettings>,
  expected?: { readonly counter: keyof KernelCounts; readonly accepts: number },
): Tracing {
  return {
    name,
    begin: () => tracer.attach(settings),
    async end() {
      const counts = await tracer.detach();
      if (!expected) return;
      const { counter, accepts } = expected;
      if (counts[counter] >= accepts && counts.ring_full + counts.missed === 0) return;
      throw new Error(`${name}: ${accepts} accepts, but ${JSON.stringify(counts)}`);
    },
  };
}

/**
 * Times the server under each tracing once a round, short intervals, the other way round in every second round. A round
 * with another tracer on the host is made again while there is patience, and kept only when too few are without.
 */
export async function timeInTurn(
  server: TimedServer,
  tracings: readonly Tracing[],
  { call, calls, rounds, warmups, isShared }: InTurn,
): Promise<TimedRounds> {
  const disturbs = () => isShared && othersTrace();
  const alone: Round[] = [];
  const disturbed: Round[] = [];
  for (let round = -warmups; alone.length < rounds && round < MOST_TRIES * rounds; round++) {
    if (disturbs()) await pause(STRANGER_MILLIS);
    let isDisturbed = false;
    const times = new Map<string, CallTime>();
    for (const { name, begin, end } of round % 2 === 0 ? tracings : tracings.toReversed()) {
      isDisturbed ||= disturbs();
      await begin();
      await server.time(call, SETTLING_CALLS);
      times.set(name, await server.time(call, calls));
      await end();
    }
    isDisturbed ||= disturbs();
    if (round >= 0) (isDisturbed ? disturbed : alone).push(times);
  }
  const kept = alone.length >= LEAST_ALONE * rounds ? alone : [...alone, ...disturbed].slice(0, rounds);
  return { rounds: kept, alone: kept.filter((round) => alone.includes(round)).length };
}

/** All accepts of an interval. */
export function acceptsOf({ calls }: Pick<InTurn, 'calls'>): number {
  return calls + SETTLING_CALLS;
}

/** Nanoseconds. */
export interface AddedCost {
  readonly name: string;
  /** The call, in the median of an interval. */
  readonly callNs: Spread;
  /** More than untraced in the same round: the median of an interval, its mean, and the whole connection. */
  readonly addedNs: Spread;
  readonly addedMeanNs: Spread;
  readonly addedWholeNs: Spread;
}

export function addedCosts({ rounds }: Pick<TimedRounds, 'rounds'>): AddedCost[] {
  const figures = (name: string, figure: keyof CallTime) =>
    rounds.map((round) => round.get(name)?.[figure] ?? Number.NaN);
  return [...(rounds[0]?.keys() ?? [])].sort(untracedFirst).map((name) => {
    const added = (figure: keyof CallTime) => differenceOf(figures(name, figure), figures(UNTRACED.name, figure));
    return {
      name,
      callNs: spreadOf(figures(name, 'medianNs')),
      addedNs: added('medianNs'),
      addedMeanNs: added('meanNs'),
      addedWholeNs: added('wholeNs'),
    };
  });
}

function untracedFirst(left: string, right: string): number {
  return Number(right === UNTRACED.name) - Number(left === UNTRACED.name);
}
