/**
 * Runs inside a guest: every case of the workload under each hook, and an acceptor inside the kernel.
 *
 * Usage: matrix-in-guest.ts RESULT_FILE. Needs root, and the module of in-kernel-acceptor.ts.
 */
import { writeFileSync } from 'node:fs';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { type CaseResult, traceCases } from '../workload/trace-cases.ts';
import { type InKernelResult, traceInKernel } from './in-kernel-acceptor.ts';

/** What one hook made of everything. */
export interface GuestColumn {
  /** In the order of CASES. */
  readonly cases: readonly CaseResult[];
  readonly inKernel: InKernelResult;
}
export type GuestMatrix = Readonly<Partial<Record<Hook, GuestColumn>>>;

const results: Partial<Record<Hook, GuestColumn>> = {};
for (const hook of HOOKS) {
  const cases = (await traceCases(hook)).map(({ result }) => result);
  results[hook] = { cases, inKernel: await traceInKernel(hook) };
}
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
process.exit(0);
