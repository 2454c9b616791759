/**
 * Runs inside a guest: nginx as fast as it answers, under each of our hooks in turn with untraced, then under each of the
 * other tools, started once, between untraced rounds. Usage: tracers-in-guest.ts RESULT_FILE PACKAGES ROUNDS SECONDS
 * TOOL...
 */
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { TOOLS, type ToolName } from '../../test/vm/oracle.ts';
import { type OtherTool, OtherTracer } from '../accept-cost/other-tracer.ts';
import { OurTracer } from '../accept-cost/our-tracer.ts';
import { loadResults, type NginxResult } from '../nginx.ts';
import { HttpSink } from '../user-space/http-sink.ts';
import { Nginx } from './nginx.ts';
import { UNTRACED, type WatchedLoad, type Watcher, watchInTurn } from './watching.ts';

export interface GuestLoads {
  readonly kernel: string;
  readonly loads: readonly NginxResult[];
}

const WARM_UP_SECONDS = 3;

export type GuestTool = ToolName | 'tcptracer';

const [resultFile = '/dev/stdout', packages = '', roundsText, secondsText, ...wanted] = process.argv.slice(2);
const [rounds, seconds] = [Number(roundsText), Number(secondsText)];

await using sink = await HttpSink.start();
await using nginx = await Nginx.start(packages);
const tools: Readonly<Record<GuestTool, OtherTool>> = {
  bcc: { name: 'bcc tcpaccept', command: TOOLS.bcc.command },
  bpftrace: { name: 'bpftrace tcpaccept.bt', command: TOOLS.bpftrace.command },
  // Its connects and closes are beside the accepts: it has no option to leave them out.
  tcptracer: {
    name: 'libbpf-tools tcptracer',
    command: ['stdbuf', '-oL', nginx.program('tcptracer')],
    accept: /^A/,
  },
};
const turns = {
  rounds,
  warmUp: () => nginx.load(WARM_UP_SECONDS),
  intervals: [() => nginx.load(seconds)],
  sinkPid: sink.pid,
  isShared: false,
};
// The command takes long to start here: its parts are attached and detached in one process, whose code is warm.
using tracer = new OurTracer('', sink.endpoint);
const hooks = HOOKS.map((hook) => ({ name: hook, start: () => attached(hook) }));
// Of the disk, nginx and wrk are read now.
await nginx.load(WARM_UP_SECONDS);
let sentSoFar = 0;
const { loads, missing } = await watchInTurn(nginx, [UNTRACED, ...hooks], turns);
const results = loadResults(loads, missing);
for (const tool of wanted as GuestTool[]) results.push(await resultOf(tools[tool]));
const result: GuestLoads = { kernel: release(), loads: results };
writeFileSync(resultFile, JSON.stringify(result));
process.exit(0);

async function attached(hook: Hook): Promise<Watcher> {
  const before = sentSoFar;
  await tracer.attach({ hook, ports: [nginx.port] });
  return {
    pid: tracer.pid,
    async end() {
      sentSoFar = await tracer.delivered();
      return sentSoFar - before;
    },
  };
}

/** Started once, it may take a minute: half of untraced is before, half after. */
async function resultOf(tool: OtherTool): Promise<NginxResult> {
  const half = Math.ceil(rounds / 2);
  const before = await watchInTurn(nginx, [UNTRACED], { ...turns, rounds: half });
  const other = await OtherTracer.start(tool, { port: nginx.port, connect: () => nginx.load(1) });
  const [shownBefore, askedBefore] = [await other.untilQuiet(nginx.port), nginx.requests];
  const watcher: Watcher = { pid: other.pid, end: async () => Number.POSITIVE_INFINITY };
  const watched = await watchInTurn(nginx, [{ name: tool.name, start: async () => watcher }], turns);
  const [shown, asked] = [(await other.untilQuiet(nginx.port)) - shownBefore, nginx.requests - askedBefore];
  await other.end();
  const after = await watchInTurn(nginx, [UNTRACED], { ...turns, rounds: rounds - half });
  const untraced = [before, after].flatMap((one) => one.loads.get(UNTRACED.name) ?? []);
  const pairs = new Map<string, readonly (readonly WatchedLoad[])[]>([
    [UNTRACED.name, untraced],
    [tool.name, watched.loads.get(tool.name) ?? []],
  ]);
  const last = loadResults(pairs, new Map([[tool.name, Math.max(0, asked - shown)]])).at(-1);
  if (!last) throw new Error(`${tool.name} was not timed`);
  return last;
}
