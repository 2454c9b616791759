/**
 * What a real server loses: nginx with a connection for every request, in short intervals with the command and without.
 *
 * The command exports over HTTP to a server that forgets; all share this host's CPUs.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { TracerCommand } from '../test/collector/tracer-command.ts';
import { othersTrace } from './accept-cost/strangers.ts';
import { BUILT } from './built-command.ts';
import { type Load, Nginx } from './nginx/nginx.ts';
import { report } from './report.ts';
import { ratioOf, type Spread, spreadOf, spreadText } from './spread.ts';

const ROUNDS = 9;
const SECONDS = 1;
/** Nobody's: the echo port is not served here. */
const OTHER_PORT = 7;

export interface NginxResult {
  readonly name: string;
  readonly requestsPerSecond: Spread;
  readonly p99Micros: Spread;
  /** Of untraced in the same round. */
  readonly requestsRatio: Spread;
  readonly p99Ratio: Spread;
}

export interface NginxResults {
  readonly loads: readonly NginxResult[];
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
}

export async function nginxUnderLoad(
  endpoint: string,
  { rounds = ROUNDS, seconds = SECONDS } = {},
): Promise<NginxResults> {
  await using nginx = await Nginx.start();
  const commands = new Map<string, readonly string[] | undefined>([
    ['untraced', undefined],
    ['events', ['-P', `${nginx.port}`, '--mode', 'events']],
    ['summary', ['-P', `${nginx.port}`, '--mode', 'summary']],
    ['filtered out', ['-P', `${OTHER_PORT}`]],
  ]);
  const loads = new Map<string, Load[]>([...commands.keys()].map((name) => [name, []]));
  await nginx.load(1);
  let alone = 0;
  for (let round = 0; round < rounds; round++) {
    let isAlone = true;
    for (const [name, args] of round % 2 === 0 ? commands : [...commands].reverse()) {
      isAlone &&= !othersTrace();
      loads.get(name)?.push(await loadWith(args));
    }
    if (isAlone) alone++;
  }
  const untraced = loads.get('untraced') ?? [];
  const results = [...loads].map(([name, traced]) => {
    const of = (figure: keyof Load, all: readonly Load[]) => all.map((load) => load[figure]);
    return {
      name,
      requestsPerSecond: spreadOf(of('requestsPerSecond', traced)),
      p99Micros: spreadOf(of('p99Micros', traced)),
      requestsRatio: ratioOf(of('requestsPerSecond', traced), of('requestsPerSecond', untraced)),
      p99Ratio: ratioOf(of('p99Micros', traced), of('p99Micros', untraced)),
    };
  });
  return { loads: results, rounds, alone };

  async function loadWith(args: readonly string[] | undefined): Promise<Load> {
    if (!args) return nginx.load(seconds);
    await using _tracer = await TracerCommand.tracing([...args, '--output', 'none'], {
      command: BUILT,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    });
    return await nginx.load(seconds);
  }
}

if (import.meta.main) {
  const server = fork(new URL('user-space/http-server.ts', import.meta.url));
  const [port]: number[] = await once(server, 'message');
  const results = await nginxUnderLoad(`http://127.0.0.1:${port}`);
  server.kill();
  report({
    name: 'nginx',
    question: 'nginx, a connection for every request',
    table: {
      columns: ['traced', 'requests/s', 'of untraced', 'p99, µs', 'of untraced'],
      rows: results.loads.map(({ name, requestsPerSecond, p99Micros, requestsRatio, p99Ratio }) => [
        name,
        spreadText(requestsPerSecond, 0),
        spreadText(requestsRatio, 3),
        spreadText(p99Micros, 0),
        spreadText(p99Ratio),
      ]),
    },
    results,
  });
}
