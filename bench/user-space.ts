/** What a record costs the tracer's own process, by lane, and by where it goes. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startCollector } from '../test/collector/collector.ts';
import { alternate, type Variant } from './alternate.ts';
import { type Report, report } from './report.ts';
import { ratioOf, type Spread, spreadOf, spreadText } from './spread.ts';

const LANE = new URL('user-space/lane.ts', import.meta.url);
const ROUNDS = 5;
/** The lanes are for processes that run for days: until node:http is compiled takes a thousand requests. */
const WARMUPS = 16;
const RECORDS = 32 * 1024;

export interface UserSpaceResult {
  readonly target: string;
  readonly directMicros: Spread;
  readonly sdkMicros: Spread;
  /** A copy of each record's bytes, and a plain socket. */
  readonly floorMicros: Spread;
  /** SDK lane to direct lane. */
  readonly ratio: Spread;
}

/** Compares the lanes on one target; CPU is user and system time of the whole process, reading `/proc` included. */
export async function compareLanes(
  target: string,
  endpoint: string,
  { rounds = ROUNDS, warmups = WARMUPS, records = RECORDS } = {},
): Promise<UserSpaceResult> {
  const variants: Variant[] = ['floor', 'direct', 'sdk'].map((lane) => ({
    name: lane,
    module: LANE,
    args: [lane, endpoint, `${records}`],
  }));
  const samples = await alternate(variants, { rounds, warmups });
  const micros = (lane: string) => (samples.get(lane) ?? []).map(({ cpuMicros = Number.NaN }) => cpuMicros);
  return {
    target,
    directMicros: spreadOf(micros('direct')),
    sdkMicros: spreadOf(micros('sdk')),
    floorMicros: spreadOf(micros('floor')),
    ratio: ratioOf(micros('sdk'), micros('direct')),
  };
}

if (import.meta.main) {
  const server = fork(new URL('user-space/http-server.ts', import.meta.url));
  const [port]: number[] = await once(server, 'message');
  const results = [await compareLanes('none: encoded only', 'none')];
  results.push(await compareLanes('HTTP server that forgets', `http://127.0.0.1:${port}`));
  server.kill();
  await using collector = await startCollector();
  results.push(await compareLanes('collector, into a file', collector.httpEndpoint));
  const table: Report['table'] = {
    columns: ['where to', 'floor, µs', 'direct lane, µs', 'SDK lane, µs', 'SDK / direct'],
    rows: results.map(({ target, floorMicros, directMicros, sdkMicros, ratio }) => [
      target,
      spreadText(floorMicros),
      spreadText(directMicros),
      spreadText(sdkMicros),
      spreadText(ratio, 1),
    ]),
  };
  report({ name: 'user-space', question: 'CPU of the tracer for one record', table, results });
}
