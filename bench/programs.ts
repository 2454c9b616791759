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

const ROUNDS = 15;
const CALLS = 4000;
/** Accepts of others on this host are filtered out, which takes less time: a round with many is not kept. */
const MOST_SEEN = 1.1;
const MOST_TRIES = 4;
const SWITCH = '/proc/sys/kernel/bpf_stats_enabled';

interface ProgramFacts {
  readonly id: number;
  readonly name?: string;
  readonly run_cnt?: number;
  readonly run_time_ns?: number;
}

interface Attached {
  readonly pid: number;
  readonly prog_id: number;
}

export interface ProgramCost {
  readonly name: string;
  readonly runsOfAConnection: Spread;
  readonly nsOfARun: Spread;
}

function bpftool<Facts>(...args: readonly string[]): Facts {
  return JSON.parse(execFileSync('bpftool', ['--json', ...args], { encoding: 'utf8' }));
}

function programsOf(pid: number): ProgramFacts[] {
  const attached = bpftool<Attached[]>('perf', 'show').filter((one) => one.pid === pid);
  const ids = new Set(attached.map(({ prog_id: id }) => id));
  return bpftool<ProgramFacts[]>('prog', 'show').filter(({ id }) => ids.has(id));
}

export async function programCosts({ rounds = ROUNDS, calls = CALLS } = {}): Promise<ProgramCost[]> {
  buildTimedServer();
  await using server = await TimedServer.start();
  using tracer = new OurTracer();
  const samples = new Map<string, { runs: number[]; nanos: number[] }>();
  const before = readFileSync(SWITCH, 'utf8');
  for (let tried = 0, kept = 0; kept < rounds && tried < MOST_TRIES * rounds; tried++) {
    await tracer.attach({ hook: 'syscall', ports: [server.port] });
    writeFileSync(SWITCH, '1');
    await server.time('accept', calls);
    writeFileSync(SWITCH, before);
    const ran = programsOf(tracer.pid).filter(({ run_cnt: runs = 0 }) => runs >= calls / 2);
    const { seen } = await tracer.detach();
    if (seen > MOST_SEEN * calls) continue;
    kept++;
    for (const { name = '', run_cnt: runs = 0, run_time_ns: nanos = 0 } of ran) {
      const sample = samples.get(name) ?? { runs: [], nanos: [] };
      samples.set(name, sample);
      sample.runs.push(runs / calls);
      sample.nanos.push(nanos / runs);
    }
  }
  return [...samples].map(([name, { runs, nanos }]) => ({
    name,
    runsOfAConnection: spreadOf(runs),
    nsOfARun: spreadOf(nanos),
  }));
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
