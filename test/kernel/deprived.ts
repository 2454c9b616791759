/** A process from which something that tracing needs was taken, and what every command then says. */
export interface Deprived {
  /** The command that runs another one so. */
  readonly wrapper: readonly string[];
  /** `undefined`: nothing that matters is missing, and tracing works. */
  readonly code: 'ERR_BPF_NO_BTF' | 'ERR_BPF_LOCKDOWN' | 'ERR_BPF_PERMISSION' | undefined;
  /** The one sentence: what is missing, and the mend. */
  readonly sentence: RegExp;
}

const without = (capabilities: string) => ['setpriv', '--bounding-set', capabilities];
const MEND = 'run as root \\(sudo\\), or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN';

export const DEPRIVED = {
  'CAP_BPF and CAP_PERFMON, for which CAP_SYS_ADMIN stands': {
    wrapper: without('-bpf,-perfmon'),
    code: undefined,
    sentence: /tracing hook=/,
  },
  CAP_PERFMON: {
    wrapper: without('-perfmon,-sys_admin'),
    code: 'ERR_BPF_PERMISSION',
    sentence: new RegExp(`without CAP_PERFMON( and CAP_SYS_ADMIN)?: ${MEND}`),
  },
  CAP_BPF: {
    wrapper: without('-bpf,-sys_admin'),
    code: 'ERR_BPF_PERMISSION',
    sentence: new RegExp(`without CAP_BPF( and CAP_SYS_ADMIN)?: ${MEND}`),
  },
  CAP_SYS_ADMIN: {
    wrapper: without('-sys_admin'),
    code: 'ERR_BPF_PERMISSION',
    sentence: new RegExp(`without CAP_SYS_ADMIN: ${MEND}`),
  },
  'every right': {
    // Who may also not read the folder of a checkout would see that instead.
    wrapper: [
      ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
      ...['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'],
    ],
    code: 'ERR_BPF_PERMISSION',
    sentence: new RegExp(`without CAP_BPF(, CAP_PERFMON and CAP_SYS_ADMIN| and CAP_PERFMON): ${MEND}`),
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
