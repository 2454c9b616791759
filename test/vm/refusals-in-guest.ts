/** Runs inside a guest: the commands, deprived. Usage: refusals-in-guest.ts RESULT_FILE NAME_OF_DEPRIVED... Needs root. */
import { writeFileSync } from 'node:fs';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { DEPRIVED, type DeprivedName } from '../kernel/deprived.ts';
import { type CommandOutcome, doctorDeprived, traceDeprived } from '../kernel/refusal.ts';

export const CHOICES = ['auto', ...HOOKS] as const;

export interface Outcomes {
  readonly trace: Readonly<Partial<Record<Hook | 'auto', CommandOutcome>>>;
  readonly doctor: CommandOutcome;
}

/** Two commands at a time, as the guest has processors. */
async function outcomesOf(name: DeprivedName): Promise<Outcomes> {
  const doctor = doctorDeprived(DEPRIVED[name]);
  const trace: Partial<Record<Hook | 'auto', CommandOutcome>> = {};
  for (const hook of CHOICES) trace[hook] = await traceDeprived(DEPRIVED[name], hook);
  return { trace, doctor: await doctor };
}

if (import.meta.main) {
  const [resultFile = '/dev/stdout', ...names] = process.argv.slice(2);
  const results: Partial<Record<DeprivedName, Outcomes>> = {};
  for (const name of names as DeprivedName[]) results[name] = await outcomesOf(name);
  writeFileSync(resultFile, JSON.stringify(results));
}
