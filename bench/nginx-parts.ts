/**
 * What tracing takes of a request by what of it is there: nginx as fast as it answers, its client never pausing, with
 * programs that do nothing, with ours and without in turn, attached for a fifth of a second each.
 *
 * A process of its own reads and encodes what they record, and sends nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { OurTracer } from './accept-cost/our-tracer.ts';
import { othersTrace } from './accept-cost/strangers.ts';
import { cpuMicros } from './built-command.ts';
import { Nginx } from './nginx/nginx.ts';
import { buildVariant } from './programs/build-variant.ts';
import { EMPTY, EMPTY_AT_ACCEPT } from './programs/variants.ts';
import { report } from './report.ts';
import { differenceOf, ratioOf, type Spread, spreadOf, spreadText } from './spread.ts';

const ROUNDS = 21;
const WARMUPS = 1;
const MILLIS = 200;
/** Not counted, of each interval: what was attached or detached is on its way. */
const SETTLING_MILLIS = 20;
/** Nobody's: the echo port is not served here. */
const OTHER_PORT = 7;
const UNTRACED = 'untraced';

export interface PartResult {
  readonly name: string;
  readonly requestsPerSecond: Spread;
  /** Of untraced in the same round. */
  readonly requestsRatio: Spread;
  /** CPU of nginx and its client for a request, and more of it than untraced in the same round. */
  readonly servedMicros: Spread;
  readonly servedAddedMicros: Spread;
  /** Of the process that reads. */
  readonly readerMicros: Spread;
}

export interface PartResults {
  readonly parts: readonly PartResult[];
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
}

interface Interval {
  readonly requestsPerSecond: number;
  readonly servedMicros: number;
  readonly readerMicros: number;
}

export async function nginxParts({ rounds = ROUNDS, warmups = WARMUPS, millis = MILLIS } = {}): Promise<PartResults> {
  await using nginx = await Nginx.start();
  using ours = new OurTracer();
  using empty = new OurTracer(buildVariant(EMPTY));
  using emptyAtAccept = new OurTracer(buildVariant(EMPTY_AT_ACCEPT));
  const ports = [nginx.port];
  const ways = [
    { name: UNTRACED },
    { name: EMPTY_AT_ACCEPT.name, tracer: emptyAtAccept, settings: { ports } },
    { name: EMPTY.name, tracer: empty, settings: { ports } },
    { name: 'filtered out', tracer: ours, settings: { ports: [OTHER_PORT] } },
    { name: 'counted', tracer: ours, settings: { ports, mode: 'summary' } },
    { name: 'recorded', tracer: ours, settings: { ports, mode: 'events' } },
  ] as const;
  await using client = nginx.keepLoaded();
  const intervals = new Map(ways.map(({ name }) => [name as string, [] as Interval[]]));
  let alone = 0;
  for (let round = -warmups; round < rounds; round++) {
    let isAlone = true;
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      isAlone &&= !othersTrace();
      if ('tracer' in way) await way.tracer.attach(way.settings);
      await pause(SETTLING_MILLIS);
      const served = [nginx.workerPid, client.pid];
      const interval = await timed(nginx, served, 'tracer' in way ? way.tracer.pid : undefined, millis);
      if ('tracer' in way) await way.tracer.detach();
      if (round >= 0) intervals.get(way.name)?.push(interval);
    }
    if (round >= 0 && isAlone) alone++;
  }
  return { parts: partResults(intervals), rounds, alone };
}

async function timed(
  nginx: Nginx,
  served: readonly number[],
  reader: number | undefined,
  millis: number,
): Promise<Interval> {
  const look = async () => ({
    requests: await nginx.answered(),
    seconds: performance.now() / 1000,
    served: served.reduce((sum, pid) => sum + cpuMicros(pid), 0),
    reader: reader === undefined ? 0 : cpuMicros(reader),
  });
  const before = await look();
  await pause(millis);
  const after = await look();
  const requests = after.requests - before.requests;
  return {
    requestsPerSecond: requests / (after.seconds - before.seconds),
    servedMicros: (after.served - before.served) / requests,
    readerMicros: (after.reader - before.reader) / requests,
  };
}

function partResults(intervals: ReadonlyMap<string, readonly Interval[]>): PartResult[] {
  const figures = (name: string, figure: keyof Interval) => (intervals.get(name) ?? []).map((one) => one[figure]);
  return [...intervals.keys()].map((name) => {
    const [requests, served] = [figures(name, 'requestsPerSecond'), figures(name, 'servedMicros')];
    return {
      name,
      requestsPerSecond: spreadOf(requests),
      requestsRatio: ratioOf(requests, figures(UNTRACED, 'requestsPerSecond')),
      servedMicros: spreadOf(served),
      servedAddedMicros: differenceOf(served, figures(UNTRACED, 'servedMicros')),
      readerMicros: spreadOf(figures(name, 'readerMicros')),
    };
  });
}

if (import.meta.main) {
  const results = await nginxParts();
  report({
    name: 'nginx-parts',
    question: 'What tracing takes of a request to nginx, by what of it is there',
    table: {
      columns: [
        'attached',
        'requests/s',
        'of untraced',
        'CPU of nginx and its client a request, µs',
        'added, µs',
        'CPU of the reader, µs',
      ],
      rows: results.parts.map((part) => [
        part.name,
        spreadText(part.requestsPerSecond, 0),
        spreadText(part.requestsRatio, 3),
        spreadText(part.servedMicros, 1),
        spreadText(part.servedAddedMicros, 1),
        spreadText(part.readerMicros, 1),
      ]),
    },
    results,
  });
}
