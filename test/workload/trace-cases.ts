import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { Hook } from '../../src/kernel/binding.ts';
import { ownRecursionMisses } from '../kernel/bpf-objects.ts';
import { mostSkipped } from '../kernel/state-skips.ts';
import { CASES, type Case } from './cases.ts';
import { type Comparison, compare } from './compare.ts';
import { type Truth, Workload } from './workload.ts';

/** What became of one case under one hook. */
export interface CaseResult extends Comparison {
  readonly title: string;
  /** By how much the kernel's counters moved meanwhile. */
  readonly unreadable: number;
  readonly missed: number;
  readonly lost: number;
  /** How many changes of state the kernel may not have shown to the tracer. */
  readonly mostSkipped: number;
}

/** What a session over all cases leaves: with its truth and records, for whoever watched the same traffic. */
export interface TracedCase {
  readonly result: CaseResult;
  readonly truth: Truth;
  readonly records: readonly AcceptedConnection[];
}

export const CASES_HERE = CASES.filter(({ architecture }) => (architecture ?? process.arch) === process.arch);

/** Starts the workloads whose acceptors sleep before any tracer is there. */
export async function startSleepers(cases: readonly Case[] = CASES_HERE): Promise<Map<Case, Workload>> {
  const sleepers = new Map<Case, Workload>();
  for (const one of cases) if (one.asleep) sleepers.set(one, await Workload.start(one.name));
  return sleepers;
}

/** Runs every case, one after the other, under one session of the hook. */
export async function traceCases(
  hook: Hook,
  cases: readonly Case[] = CASES_HERE,
  sleepers: ReadonlyMap<Case, Workload> | Promise<ReadonlyMap<Case, Workload>> = startSleepers(cases),
): Promise<TracedCase[]> {
  const waiting = await sleepers;
  const traced: TracedCase[] = [];
  await using tracer = new AcceptTracer({ hook, ringBytes: 1 << 20, self: 'none' });
  let records: AcceptedConnection[] = [];
  tracer.run((batch) => records.push(...batch.connections));
  for (const one of cases) {
    tracer.drain();
    records = [];
    const before = tracer.counts();
    const skippedBefore = ownRecursionMisses();
    using workload = waiting.get(one) ?? (await Workload.start(one.name));
    const truth = await workload.run();
    tracer.drain();
    const after = tracer.counts();
    const result = {
      title: one.title,
      ...compare(truth, records, hook),
      unreadable: after.unreadable - before.unreadable,
      missed: after.missed - before.missed,
      lost: after.ring_full - before.ring_full,
      mostSkipped: mostSkipped(truth.accepted.length, ownRecursionMisses() - skippedBefore),
    };
    traced.push({ result, truth, records });
  }
  return traced;
}
