/** Runs in a guest: counts a flood with every hook, in both modes that count, and writes what came of it to a file. */
import { writeFileSync } from 'node:fs';
import type { AcceptSummary } from '../../src/kernel/accept-summary.ts';
import { AcceptTracer, type KernelCounts } from '../../src/kernel/accept-tracer.ts';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import type { Mode } from '../../src/kernel/summary-layout.ts';
import { Flood } from '../kernel/flood.ts';

export interface CountedFlood {
  readonly hook: Hook;
  readonly mode: Mode;
  readonly counts: KernelCounts;
  readonly recorded: number;
  /** `local source` of each connection, and of what was told of it: with how many. */
  readonly made: Readonly<Record<string, number>>;
  readonly told: Readonly<Record<string, number>>;
  readonly levels: readonly string[];
}

export const CONNECTIONS = 1500;

async function countFlood(program: string, hook: Hook, mode: Mode): Promise<CountedFlood> {
  await using flood = await Flood.start(program);
  const tracer = new AcceptTracer({ hook, mode, ringBytes: 4096, self: 'none', ports: flood.ports });
  const summaries: AcceptSummary[] = [];
  const told: Record<string, number> = {};
  const made: Record<string, number> = {};
  const add = (counts: Record<string, number>, key: string, count: number) => {
    counts[key] = (counts[key] ?? 0) + count;
  };
  let recorded = 0;
  tracer.run(
    ({ connections }) => {
      recorded += connections.length;
      for (const { localAddress, peerAddress } of connections) add(told, `${localAddress} ${peerAddress}`, 1);
    },
    { summaries: { intervalMillis: 100, onSummaries: (some) => summaries.push(...some) } },
  );
  await flood.run({ connections: CONNECTIONS, sources: 20, locals: 2, seed: 7 });
  await tracer.stop();
  const counts = tracer.counts();
  tracer.close();
  for (const { listener, peerAddress, accepts } of summaries) {
    add(told, `${listener?.localAddress} ${peerAddress}`, accepts);
  }
  for (const { local, source } of await flood.end()) add(made, `${local} ${source}`, 1);
  const levels = [...new Set(summaries.map(({ level }) => level))];
  return { hook, mode, counts, recorded, made, told, levels };
}

const [program, results] = process.argv.slice(2);
if (program && results) {
  const floods: CountedFlood[] = [];
  for (const hook of HOOKS) {
    for (const mode of ['summary', 'auto'] as const) floods.push(await countFlood(program, hook, mode));
  }
  writeFileSync(results, JSON.stringify(floods));
}
