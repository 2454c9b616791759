/**
 * What each of our programs takes of one connection, by the kernel's own clock: run_time_ns and run_cnt of bpf_stats, this
 * host's hook. The clock itself is in it, some tens of nanoseconds a run; what entering a tracepoint costs is not.
 *
 * Builds that leave one thing out, or keep it elsewhere, take turns with this one: what that costs. TCPACCEPT_BENCH_BUILDS=NAME=ADDON,...
 * names others instead: what a change saves.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { OurTracer } from './accept-cost/our-tracer.ts';
import { buildTimedServer, TimedServer } from './accept-cost/timed-server.ts';
import { buildVariant } from './programs/build-variant.ts';
import { STRUCTURES } from './programs/structures.ts';
import { VARIANTS, type Variant } from './programs/variants.ts';
import { report } from './report.ts';
import { differenceOf, type Spread, spreadOf, spreadText } from './spread.ts';

const ROUNDS = 9;
const CALLS = 4000;
/** Accepts of others on this host are filtered out, which takes less time: a round with many is not kept. */
const MOST_SEEN = 1.1;
const MOST_TRIES = 2;
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
  readonly build: string;
  readonly program: string;
  readonly runsOfAConnection: Spread;
  readonly nsOfARun: Spread;
  /** This build's less than that in the same round: what the other saves. */
  readonly savedNs: Spread;
}

/** Nanoseconds and runs by program, of one interval. */
type Sample = ReadonlyMap<string, { readonly runs: number; readonly nanos: number }>;

const THIS_BUILD = 'this build';

/** What takes turns; an empty `addon` is this build's. */
type Build = Omit<Variant, 'edits'> & { readonly addon: string };

function buildsOf(variants: readonly Variant[]): Build[] {
  const named = process.env['TCPACCEPT_BENCH_BUILDS']?.split(',');
  if (named) return named.map((build) => build.split('=')).map(([name = '', addon = '']) => ({ name, addon }));
  return variants.map((variant) => ({
    ...variant,
    addon: variant.edits.length > 0 ? buildVariant(variant) : '',
  }));
}

function bpftool<Facts>(...args: readonly string[]): Facts {
  return JSON.parse(execFileSync('bpftool', ['--json', ...args], { encoding: 'utf8' }));
}

function programsOf(pid: number): ProgramFacts[] {
  const attached = bpftool<Attached[]>('perf', 'show').filter((one) => one.pid === pid);
  const ids = new Set(attached.map(({ prog_id: id }) => id));
  return bpftool<ProgramFacts[]>('prog', 'show').filter(({ id }) => ids.has(id));
}

/** `undefined`: too much of it was others' accepts. */
async function sampleOf(
  { tracer, ringBytes, isOfEveryCpu = false }: Build & { readonly tracer: OurTracer },
  everyServer: readonly TimedServer[],
  callsOfEach: number,
): Promise<Sample | undefined> {
  const servers = isOfEveryCpu ? everyServer : everyServer.slice(-1);
  const calls = callsOfEach * servers.length;
  const ports = servers.map(({ port }) => port);
  await tracer.attach({ hook: 'syscall', ports, ...(ringBytes !== undefined && { ringBytes }) });
  const before = readFileSync(SWITCH, 'utf8');
  writeFileSync(SWITCH, '1');
  await Promise.all(servers.map((server) => server.time('accept', callsOfEach)));
  writeFileSync(SWITCH, before);
  const ran = programsOf(tracer.pid).filter(({ run_cnt: runs = 0 }) => runs >= calls / 2);
  const { seen } = await tracer.detach();
  if (seen > MOST_SEEN * calls) return undefined;
  return new Map(
    ran.map(({ name = '', run_cnt: runs = 0, run_time_ns: nanos = 0 }) => [
      name,
      { runs: runs / calls, nanos: nanos / runs },
    ]),
  );
}

export const EVERY_VARIANT: readonly Variant[] = [...VARIANTS, ...STRUCTURES];

export async function programCosts({
  rounds = ROUNDS,
  calls = CALLS,
  variants = EVERY_VARIANT,
} = {}): Promise<ProgramCost[]> {
  buildTimedServer();
  await using servers = new AsyncDisposableStack();
  const everyServer: TimedServer[] = [];
  for (const cpu of cpus().keys()) everyServer.push(servers.use(await TimedServer.start(cpu)));
  using tracers = new DisposableStack();
  const builds = [{ name: THIS_BUILD, addon: '' }, ...buildsOf(variants)].map((build) => ({
    ...build,
    tracer: tracers.use(new OurTracer(build.addon)),
  }));
  const kept: Map<string, Sample>[] = [];
  for (let tried = 0; kept.length < rounds && tried < MOST_TRIES * rounds; tried++) {
    const samples = new Map<string, Sample>();
    for (const build of builds) {
      const sample = await sampleOf(build, everyServer, calls);
      if (sample) samples.set(build.name, sample);
    }
    if (samples.size === builds.length) kept.push(samples);
  }
  const figures = (build: string, program: string, figure: 'runs' | 'nanos') =>
    kept.map((samples) => samples.get(build)?.get(program)?.[figure] ?? Number.NaN);
  const programs = [...(kept[0]?.get(THIS_BUILD)?.keys() ?? [])];
  return builds.flatMap(({ name: build }) =>
    programs.map((program) => ({
      build,
      program,
      runsOfAConnection: spreadOf(figures(build, program, 'runs')),
      nsOfARun: spreadOf(figures(build, program, 'nanos')),
      savedNs: differenceOf(figures(THIS_BUILD, program, 'nanos'), figures(build, program, 'nanos')),
    })),
  );
}

if (import.meta.main) {
  const results = await programCosts();
  report({
    name: 'programs',
    question: 'What each program takes of one connection, syscall hook',
    table: {
      columns: ['build', 'program', 'runs a connection', 'one run, ns', 'saved, ns'],
      rows: results.map(({ build, program, runsOfAConnection, nsOfARun, savedNs }) => [
        build,
        program,
        spreadText(runsOfAConnection, 1),
        spreadText(nsOfARun, 0),
        build === THIS_BUILD ? '' : spreadText(savedNs, 0),
      ]),
    },
    results,
  });
}
