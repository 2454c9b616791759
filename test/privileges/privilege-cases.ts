import type { Hook } from '../../src/kernel/binding.ts';
import { type Capability, FOR_EXECUTABLES, HOOK_LIMITS, RESTRICTED } from '../../src/kernel/hook-limits.ts';

/** A set of capabilities the command runs with as nobody, and what it then does. */
export interface PrivilegeCase {
  readonly hook: Hook;
  /** Whether tracefs is not mounted, or kernel.perf_event_paranoid over 2. */
  readonly isRestricted: boolean;
  readonly capabilities: readonly Capability[];
  /** What it is refused with; `undefined`: it traces. */
  readonly refusal: RegExp | undefined;
  /** Whether it knows the executables of root's processes. */
  readonly knowsExecutables: boolean;
}

/** What the sentence says when one is missing. */
const REFUSALS: Readonly<Record<Capability, RegExp>> = {
  CAP_BPF: /loading the \w+ programs is not permitted: run as root or with CAP_BPF as well \(ERR_BPF_PERMISSION\)$/m,
  CAP_PERFMON:
    /loading the \w+ programs is not permitted: run as root or with CAP_PERFMON as well \(ERR_BPF_PERMISSION\)$/m,
  CAP_DAC_READ_SEARCH: /tracefs .*: run as root or with .*CAP_DAC_READ_SEARCH \(ERR_BPF_PERMISSION\)$/m,
  CAP_DAC_OVERRIDE: /tracefs .*: run as root or with .*(CAP_DAC_OVERRIDE|CAP_DAC_READ_SEARCH) \(ERR_BPF_PERMISSION\)$/m,
  CAP_SYS_ADMIN:
    /(not permitted|cannot be opened) .*\(ERR_BPF_PERMISSION\)$|is not permitted: .*\(ERR_BPF_PERMISSION\)$/m,
};

/** The least set, the same with executables, and each set that has one less. */
export function privilegeCases(hook: Hook, isRestricted: boolean): PrivilegeCase[] {
  const { capabilities } = HOOK_LIMITS[hook];
  const least = isRestricted
    ? [RESTRICTED.instead, ...capabilities.filter((one) => !RESTRICTED.of.includes(one))]
    : capabilities;
  const traces = { hook, isRestricted, refusal: undefined };
  return [
    { ...traces, capabilities: least, knowsExecutables: false },
    { ...traces, capabilities: [...least, FOR_EXECUTABLES], knowsExecutables: true },
    ...least.map((missing) => ({
      hook,
      isRestricted,
      capabilities: least.filter((one) => one !== missing),
      refusal: REFUSALS[missing],
      knowsExecutables: false,
    })),
  ];
}
