import { TcpAcceptError } from '../../errors.ts';
import { AcceptTracer } from '../../kernel/accept-tracer.ts';
import { HOOKS, type Hook } from '../../kernel/binding.ts';
import { HOOK_LIMITS } from '../../kernel/hook-limits.ts';
import { type Finding, fail, ok, warn } from './check.ts';

const RING_BYTES = 4096;

/** What a hook's programs took the verifier, or why they were refused. */
type Trial = Readonly<Record<string, number>> | TcpAcceptError;

/**
 * Loads and attaches each hook for a moment: what the kernel takes is found by asking it.
 *
 * `verbose` adds what the verifier went through, and `onWords` gets all that libbpf and the verifier said of a refusal.
 */
export function checkHooks(
  wanted: Hook | 'auto',
  { verbose = false, onWords }: { readonly verbose?: boolean; readonly onWords?: (words: string) => void } = {},
): { findings: Finding[]; chosen: Hook | undefined } {
  const findings: Finding[] = [];
  let chosen: Hook | undefined;
  const candidates = wanted === 'auto' ? HOOKS : [wanted];
  for (const hook of candidates) {
    const trial = tryHook(hook);
    if (trial instanceof TcpAcceptError) {
      const mend = hook === candidates.at(-1) ? 'the reason names it' : 'the next hook is used';
      findings.push(warn(`hook ${hook}`, `${trial.message} (${trial.code})`, mend));
      if (trial.log) onWords?.(trial.log);
      continue;
    }
    chosen ??= hook;
    findings.push(usable(hook, chosen));
    if (verbose) findings.push(verified(hook, trial));
  }
  if (!chosen) {
    findings.push(
      fail('hook', 'none can be used', 'the reasons stand above; --verbose shows the kernel’s words', true),
    );
  }
  return { findings, chosen };
}

function tryHook(hook: Hook): Trial {
  try {
    const tracer = new AcceptTracer({ hook, ringBytes: RING_BYTES, self: 'none' });
    const counts = tracer.verifiedInstructions();
    tracer.close();
    return counts;
  } catch (thrown) {
    return TcpAcceptError.from(thrown);
  }
}

function usable(hook: Hook, chosen: Hook): Finding {
  const { sees, limits } = HOOK_LIMITS[hook];
  return ok(`hook ${hook}`, `${chosen === hook ? 'chosen' : 'usable'}: sees ${sees}; not ${limits.join(', nor ')}`);
}

function verified(hook: Hook, counts: Readonly<Record<string, number>>): Finding {
  const each = Object.entries(counts).map(([program, count]) => `${program} ${count}`);
  return ok(`verifier ${hook}`, `instructions gone through: ${each.join(', ') || 'not told before Linux 5.16'}`);
}
