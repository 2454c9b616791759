/**
 * Runs inside a guest: each of our hooks in turn with untraced, then each of the other tools, started once, between
 * untraced rounds. Usage: tracers-in-guest.ts RESULT_FILE ROUNDS CALLS TOOL... (bcc, bpftrace). The variants are built.
 */
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { HOOKS } from '../../src/kernel/binding.ts';
import { TOOLS, type ToolName } from '../../test/vm/oracle.ts';
import { addonOf } from '../programs/build-variant.ts';
import { BCC_FIELDS, EMPTY } from '../programs/variants.ts';
import { type AddedCost, acceptsOf, addedCosts, ours, type Round, timeInTurn, UNTRACED } from './in-turn.ts';
import { OtherTracer } from './other-tracer.ts';
import { OurTracer } from './our-tracer.ts';
import { TimedServer } from './timed-server.ts';

export interface GuestCosts {
  readonly kernel: string;
  readonly cpus: number;
  readonly accepts: readonly AddedCost[];
  readonly getpid: readonly AddedCost[];
  /** Rows the other tools showed of the server's accepts, and how many those were, the first tries included. */
  readonly shown: Readonly<Partial<Record<ToolName, { readonly rows: number; readonly accepts: number }>>>;
}

const [resultFile = '/dev/stdout', roundsText, callsText, ...tools] = process.argv.slice(2);
const [rounds, calls] = [Number(roundsText), Number(callsText)];

await using server = await TimedServer.start();
using tracer = new OurTracer();
using empty = new OurTracer(addonOf(EMPTY));
using brief = new OurTracer(addonOf(BCC_FIELDS));
const accepts = acceptsOf({ calls });
const settings = HOOKS.map((hook) => ({ hook, ports: [server.port] }));
const traced = settings.map((one) => ours(one.hook, tracer, one, { counter: 'submitted', accepts }));
const functionHooks = settings.filter(({ hook }) => hook !== 'syscall');
const variants = functionHooks.flatMap((one) => [
  ours(`${one.hook}, ${BCC_FIELDS.name}`, brief, one, { counter: 'submitted', accepts }),
  ours(`${one.hook}, ${EMPTY.name}`, empty, one),
]);
const getpids = settings.map((one) => ours(one.hook, tracer, one));

const times = await timeInTurn(server, [UNTRACED, ...traced, ...variants], {
  call: 'accept',
  calls,
  rounds,
  warmups: 1,
  isShared: false,
});
const getpidTimes = await timeInTurn(server, [UNTRACED, ...getpids], {
  call: 'getpid',
  calls,
  rounds,
  warmups: 1,
  isShared: false,
});
const costs = addedCosts(times);
const shown: Partial<Record<ToolName, { rows: number; accepts: number }>> = {};
for (const name of tools as ToolName[]) costs.push(await costOf(name));
const result: GuestCosts = {
  kernel: release(),
  cpus: cpus().length,
  accepts: costs,
  getpid: addedCosts(getpidTimes),
  shown,
};
writeFileSync(resultFile, JSON.stringify(result));
process.exit(0);

/** A tool cannot be detached for each interval, it takes a minute to start: half of untraced is before, half after. */
async function costOf(name: ToolName): Promise<AddedCost> {
  const untraced = await intervals(Math.ceil(rounds / 2));
  const connect = () => server.time('accept', 1);
  const other = await OtherTracer.start({ name, command: TOOLS[name].command }, { port: server.port, connect });
  const before = other.rows(server.port);
  const withTool = await intervals(rounds);
  shown[name] = { rows: (await other.untilQuiet(server.port)) - before, accepts: rounds * accepts };
  await other.end();
  untraced.push(...(await intervals(rounds - untraced.length)));
  const pairs = withTool.map((round, i) => {
    const timed = round.get(UNTRACED.name);
    if (!timed) throw new Error(`${name} was not timed`);
    return new Map([...(untraced[i] ?? []), [name, timed]]);
  });
  const cost = addedCosts({ rounds: pairs }).at(-1);
  if (!cost) throw new Error(`${name} was not timed`);
  return cost;
}

async function intervals(count: number): Promise<Round[]> {
  const { rounds } = await timeInTurn(server, [UNTRACED], {
    call: 'accept',
    calls,
    rounds: count,
    warmups: 0,
    isShared: false,
  });
  return [...rounds];
}
