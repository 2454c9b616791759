/** A process from which something that tracing needs was taken, and what every command then says. */
export interface Deprived {
  /** The command that runs another one so. */
  readonly wrapper: readonly string[];
  readonly code: 'ERR_BPF_NO_BTF' | 'ERR_BPF_LOCKDOWN' | 'ERR_BPF_PERMISSION';
  /** The one sentence: what is missing, and the mend. */
  readonly sentence: RegExp;
}

const without = (capabilities: string) => ['setpriv', '--bounding-set', capabilities];

export const DEPRIVED = {
  CAP_PERFMON: {
    wrapper: without('-perfmon,-sys_admin'),
    code: 'ERR_BPF_PERMISSION',
    sentence: / is not permitted: run as root or with CAP_PERFMON as well/,
  },
  CAP_BPF: {
    wrapper: without('-bpf,-sys_admin'),
    code: 'ERR_BPF_PERMISSION',
    sentence: / is not permitted: run as root or with CAP_BPF as well/,
  },
  'every right': {
    // Who may also not read the folder of a checkout would see that instead.
    wrapper: [
      ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
      ...['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'],
    ],
    code: 'ERR_BPF_PERMISSION',
    sentence: /: run as root or with (CAP_BPF and CAP_PERFMON as well|CAP_DAC_OVERRIDE)/,
  },
  'the initial user namespace': {
    wrapper: ['unshare', '--user', '--map-root-user'],
    code: 'ERR_BPF_PERMISSION',
    sentence: /to a user namespace, whatever its capabilities: run as root of the host/,
  },
  'the kernel’s BTF': {
    wrapper: ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /sys/kernel/btf && exec "$@"', 'sh'],
    code: 'ERR_BPF_NO_BTF',
    sentence: /no readable type information \(\/sys\/kernel\/btf\/vmlinux\): use one built with CONFIG_DEBUG_INFO_BTF/,
  },
  'a kernel not locked down': {
    wrapper: ['env'],
    code: 'ERR_BPF_LOCKDOWN',
    sentence: /locked down \(confidentiality\).*: boot without lockdown=confidentiality/,
  },
} as const satisfies Record<string, Deprived>;
export type DeprivedName = keyof typeof DEPRIVED;
