/**
 * How what an accept costs grows with how many listeners, processes and peers there are: the server's time, the command's
 * CPU and its memory, on this host, paired with untraced.
 *
 * The command exports over HTTP to a server that forgets; both share this host's CPUs with the server.
 */
import { buildTimedServer, TimedServer } from './accept-cost/timed-server.ts';
import { type Accepts, acceptNs, type GrownInterval, type GrownMode, grownInterval } from './growth/grown-interval.ts';
import { report } from './report.ts';
import { differenceOf, type Spread, spreadOf, spreadText } from './spread.ts';
import { HttpSink } from './user-space/http-sink.ts';

const ROUNDS = 3;
const MODES: readonly GrownMode[] = ['events', 'summary'];

interface Case extends Accepts {
  readonly of: string;
  /** How many untraced, enough for a median; default `count`. */
  readonly untraced?: number;
  readonly listeners: number;
  /** Of `ROUNDS`: a million accepts take more than a minute. */
  readonly rounds: number;
}

const CASES: readonly Case[] = [
  { of: '1 listener, process and peer', listeners: 1, call: 'accept', count: 20_000, rounds: ROUNDS },
  { of: '10 listeners', listeners: 10, call: 'accept', count: 20_000, rounds: ROUNDS },
  { of: '1,000 listeners', listeners: 1000, call: 'accept', count: 20_000, rounds: ROUNDS },
  { of: '10,000 processes', listeners: 1, call: 'processes', count: 10_000, rounds: ROUNDS },
  { of: '1,000,000 peers', listeners: 1, call: 'peers', count: 1_000_000, untraced: 50_000, rounds: 1 },
];

export interface GrowthResult {
  readonly of: string;
  readonly mode: GrownMode;
  readonly accepts: number;
  /** More than untraced in the same round, the median of an accept. */
  readonly addedNs: Spread;
  /** The command's, for an accept. */
  readonly cpuMicros: Spread;
  /** The command's, after a tenth of the accepts, after all, and the most it ever was. */
  readonly firstMib: Spread;
  readonly lastMib: Spread;
  readonly peakMib: Spread;
  /** Accepts of all rounds that the endpoint was not told of. */
  readonly missing: number;
}

/** With `fraction` of the accepts, and at most so many rounds. */
export async function growth({ fraction = 1, rounds = ROUNDS } = {}): Promise<GrowthResult[]> {
  buildTimedServer();
  await using sink = await HttpSink.start();
  const results: GrowthResult[] = [];
  for (const one of CASES) {
    await using server = await TimedServer.start(undefined, one.listeners);
    const { count, untraced = count } = one;
    const scaled = {
      ...one,
      count: count * fraction,
      untraced: untraced * fraction,
      rounds: Math.min(rounds, one.rounds),
    };
    results.push(...(await grownBy(server, scaled, sink.endpoint)));
  }
  return results;
}

async function grownBy(
  server: TimedServer,
  { of, rounds, call, count, untraced: untracedCount = count }: Case,
  endpoint: string,
): Promise<GrowthResult[]> {
  const untraced: number[] = [];
  const traced = new Map(MODES.map((mode) => [mode, [] as GrownInterval[]]));
  for (let round = 0; round < rounds; round++) {
    untraced.push(await acceptNs(server, { call, count: untracedCount }));
    for (const mode of round % 2 === 0 ? MODES : MODES.toReversed()) {
      traced.get(mode)?.push(await grownInterval(server, { call, count }, { mode, endpoint }));
    }
  }
  return [...traced].map(([mode, intervals]) => {
    const spread = (figure: (interval: GrownInterval) => number) => spreadOf(intervals.map(figure));
    return {
      of,
      mode,
      accepts: count,
      addedNs: differenceOf(
        intervals.map((interval) => interval.acceptNs),
        untraced,
      ),
      cpuMicros: spread((interval) => interval.cpuMicros),
      firstMib: spread(({ residentMib }) => residentMib[0] ?? Number.NaN),
      lastMib: spread(({ residentMib }) => residentMib.at(-1) ?? Number.NaN),
      peakMib: spread((interval) => interval.peakMib),
      missing: intervals.reduce((sum, { missing }) => sum + missing, 0),
    };
  });
}

if (import.meta.main) {
  const results = await growth();
  report({
    name: 'growth',
    question: 'What an accept costs, and what the command holds, by how much there is to tell apart',
    table: {
      columns: [
        'of',
        'mode',
        'accepts',
        'added to accept4, µs',
        'CPU of the command, µs',
        'RSS after a tenth, MiB',
        'after all',
        'peak',
        'not told',
      ],
      rows: results.map(({ of, mode, accepts, addedNs, cpuMicros, firstMib, lastMib, peakMib, missing }) => [
        of,
        mode,
        `${accepts}`,
        spreadText({ median: addedNs.median / 1000, min: addedNs.min / 1000, max: addedNs.max / 1000 }),
        spreadText(cpuMicros, 1),
        spreadText(firstMib, 0),
        spreadText(lastMib, 0),
        spreadText(peakMib, 0),
        `${missing}`,
      ]),
    },
    results,
  });
}
