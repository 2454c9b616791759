/** What a real server loses to each of our hooks, bcc, bpftrace and libbpf-tools: nginx in one boot of Debian 6.1. */

import { runInGuest } from '../test/vm/run-in-guest.ts';
import { benchPackages } from './nginx/nginx.ts';
import type { GuestLoads, GuestTool } from './nginx/tracers-in-guest.ts';
import { report } from './report.ts';
import { spreadText } from './spread.ts';

const ROUNDS = 3;
const SECONDS = 3;
export const GUEST_TOOLS: readonly GuestTool[] = ['bcc', 'bpftrace', 'tcptracer'];

/** Of the other tools, bcc and bpftrace take a minute each to start. */
export function nginxInGuest({ rounds = ROUNDS, seconds = SECONDS, tools = GUEST_TOOLS } = {}): Promise<GuestLoads> {
  return runInGuest<GuestLoads>({
    line: '6.1',
    program: '../../bench/nginx/tracers-in-guest.ts',
    args: [benchPackages(), `${rounds}`, `${seconds}`, ...tools],
    headers: true,
    timeoutMillis: 900_000,
  });
}

if (import.meta.main) {
  const results = await nginxInGuest();
  report({
    name: 'nginx-tracers',
    question: 'nginx as fast as it answers, a connection for every request, in a 6.1 guest',
    table: {
      columns: ['watched by', 'requests/s', 'of untraced', 'CPU of it a request, µs', 'of its server, µs', 'not shown'],
      rows: results.loads.map((load) => [
        load.name,
        spreadText(load.requestsPerSecond, 0),
        spreadText(load.requestsRatio, 3),
        spreadText(load.watcherMicros, 0),
        spreadText(load.sinkMicros, 0),
        `${load.missing}`,
      ]),
    },
    results,
  });
}
