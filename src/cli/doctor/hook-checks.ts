import { TcpAcceptError } from '../../errors.ts';
import { AcceptTracer } from '../../kernel/accept-tracer.ts';
import { HOOKS, type Hook } from '../../kernel/binding.ts';
import { HOOK_LIMITS } from '../../kernel/hook-limits.ts';
import { type Finding, fail, ok, warn } from './check.ts';

const RING_BYTES = 4096;

/** Loads and attaches each hook for a moment: what the kernel takes is found by asking it. */
export function checkHooks(wanted: Hook | 'auto'): { findings: Finding[]; chosen: Hook | undefined } {
  const findings: Finding[] = [];
  let chosen: Hook | undefined;
  for (const hook of wanted === 'auto' ? HOOKS : [wanted]) {
    const refusal = tryHook(hook);
    if (!refusal) chosen ??= hook;
    findings.push(finding(hook, refusal, chosen));
  }
  if (!chosen) {
    findings.push(
      fail('hook', 'none can be used', 'the reasons stand above; --verbose shows the kernel’s words', true),
    );
  }
  return { findings, chosen };
}

function tryHook(hook: Hook): TcpAcceptError | undefined {
  try {
    new AcceptTracer({ hook, ringBytes: RING_BYTES, self: 'none' }).close();
    return undefined;
  } catch (thrown) {
    return TcpAcceptError.from(thrown);
  }
}

function finding(hook: Hook, refusal: TcpAcceptError | undefined, chosen: Hook | undefined): Finding {
  if (refusal) return warn(`hook ${hook}`, `${refusal.message} (${refusal.code})`, 'the next hook is used');
  const { sees, limits } = HOOK_LIMITS[hook];
  return ok(`hook ${hook}`, `${chosen === hook ? 'chosen' : 'usable'}: sees ${sees}; not ${limits.join(', nor ')}`);
}
