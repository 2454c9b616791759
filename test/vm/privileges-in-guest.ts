/** Runs inside a guest: every privilege case and `--user` under each hook. Usage: privileges-in-guest.ts RESULT_FILE. */
import { writeFileSync } from 'node:fs';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { HELD_PERF_EVENTS } from '../privileges/check-outcome.ts';
import { privilegeCases } from '../privileges/privilege-cases.ts';
import { type AfterDrop, type CaseOutcome, runCase, runWithUser } from '../privileges/run-case.ts';

/** By hook; cases in their order. */
export type GuestPrivileges = Readonly<
  Record<Hook, { readonly cases: readonly CaseOutcome[]; readonly withUser: AfterDrop }>
>;

const results: Partial<Record<Hook, GuestPrivileges[Hook]>> = {};
for (const hook of HOOKS) {
  const cases: CaseOutcome[] = [];
  for (const isRestricted of [true, false]) {
    writeFileSync('/proc/sys/kernel/perf_event_paranoid', isRestricted ? '3' : '2');
    for (const one of privilegeCases(hook, isRestricted)) cases.push(await runCase(one));
  }
  results[hook] = { cases, withUser: await runWithUser(hook, HELD_PERF_EVENTS[hook]) };
}
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
process.exit(0);
