import type { KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { differenceOf, type Spread, spreadOf } from '../spread.ts';
import type { OurTracer } from './our-tracer.ts';
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
}

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

/** Times the server under each tracing once a round, short intervals, the other way round in every second round. */
export async function timeInTurn(
  server: TimedServer,
  tracings: readonly Tracing[],
  { call, calls, rounds, warmups }: InTurn,
): Promise<Map<string, CallTime[]>> {
  const times = new Map(tracings.map(({ name }) => [name, [] as CallTime[]]));
  for (let round = -warmups; round < rounds; round++) {
    for (const { name, begin, end } of round % 2 === 0 ? tracings : tracings.toReversed()) {
      await begin();
      await server.time(call, SETTLING_CALLS);
      const time = await server.time(call, calls);
      await end();
      if (round >= 0) times.get(name)?.push(time);
    }
  }
  return times;
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

export function addedCosts(times: ReadonlyMap<string, readonly CallTime[]>): AddedCost[] {
  const untraced = times.get(UNTRACED.name) ?? [];
  return [...times].map(([name, traced]) => {
    const added = (figure: keyof CallTime) =>
      differenceOf(
        traced.map((time) => time[figure]),
        untraced.map((time) => time[figure]),
      );
    return {
      name,
      callNs: spreadOf(traced.map(({ medianNs }) => medianNs)),
      addedNs: added('medianNs'),
      addedMeanNs: added('meanNs'),
      addedWholeNs: added('wholeNs'),
    };
  });
}
