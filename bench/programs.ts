/**
 * What each of our programs takes of one connection, by the kernel's own clock: run_time_ns and run_cnt of bpf_stats, this
 * host's hook. The clock itself is in it, some tens of nanoseconds a run; what entering a tracepoint costs is not.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { OurTracer } from './accept-cost/our-tracer.ts';
import { buildTimedServer, TimedServer } from './accept-cost/timed-server.ts';
import { report } from './report.ts';
import { type Spread, spreadOf, spreadText } from './spread.ts';

const ROUNDS = 2;
const CALLS = 4000;
const SWITCH = '/proc/sys/kernel/bpf_stats_enabled';

interface ProgramFacts {
  readonly name?: string;
  readonly run_cnt?: number;
  readonly run_time_ns?: number;
  readonly pids?: readonly { readonly pid: number }[];
}

export interface ProgramCost {
  readonly name: string;
  readonly runsOfAConnection: Spread;
  readonly nsOfARun: Spread;
}

function programsOf(pid: number): ProgramFacts[] {
  const all: ProgramFacts[] = JSON.parse(execFileSync('bpftool', ['--json', 'prog', 'show'], { encoding: 'utf8' }));
  return all.filter(({ pids = [] }) => pids.some((one) => one.pid === pid));
}

export async function programCosts({ rounds = ROUNDS, calls = CALLS } = {}): Promise<ProgramCost[]> {
  buildTimedServer();
  await using server = await TimedServer.start();
  using tracer = new OurTracer();
  const samples = new Map<string, { runs: number[]; nanos: number[] }>();
  const before = readFileSync(SWITCH, 'utf8');
  for (let round = 0; round < rounds; round++) {
    await tracer.attach({ hook: 'syscall', ports: [server.port] });
    writeFileSync(SWITCH, '1');
    await server.time('accept', calls);
    writeFileSync(SWITCH, before);
    for (const { name = '', run_cnt: runs = 0, run_time_ns: nanos = 0 } of programsOf(tracer.pid)) {
      if (runs === 0) continue;
      const sample = samples.get(name) ?? { runs: [], nanos: [] };
      samples.set(name, sample);
      sample.runs.push(runs / calls);
      sample.nanos.push(nanos / runs);
    }
    await tracer.detach();
  }
  return [...samples]
    .map(([name, { runs, nanos }]) => ({ name, runsOfAConnection: spreadOf(runs), nsOfARun: spreadOf(nanos) }))
    .filter(({ runsOfAConnection }) => runsOfAConnection.median >= 0.5);
}

if (import.meta.main) {
  const results = await programCosts();
  report({
    name: 'programs',
    question: 'What each program takes of one connection, syscall hook',
    table: {
      columns: ['program', 'runs a connection', 'one run, ns'],
      rows: results.map(({ name, runsOfAConnection, nsOfARun }) => [
        name,
        spreadText(runsOfAConnection, 1),
        spreadText(nsOfARun, 0),
      ]),
    },
    results,
  });
}
