/** Runs inside a guest: every case of the workload under each hook. Usage: matrix-in-guest.ts RESULT_FILE. Needs root. */
import { writeFileSync } from 'node:fs';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { type CaseResult, traceCases } from '../workload/trace-cases.ts';

/** Results by hook, each in the order of CASES. */
export type GuestMatrix = Readonly<Partial<Record<Hook, readonly CaseResult[]>>>;

const results: Partial<Record<Hook, readonly CaseResult[]>> = {};
for (const hook of HOOKS) results[hook] = (await traceCases(hook)).map(({ result }) => result);
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
process.exit(0);
