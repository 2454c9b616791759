import { readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { type Finding, fail, ok, warn } from './check.ts';

/** Reads a file of the host; `undefined` when it cannot be read. A parameter of the checks, so that they can be tested. */
export type ReadText = (path: string) => string | undefined;

export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** bpf_task_pt_regs, which tells system calls apart and finds the listener, came with 5.15. */
const OLDEST_KERNEL = [5, 15] as const;

export function checkKernel(version = release()): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat);
  const old = major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  const detail = `Linux ${version} ${arch()}`;
  return old ? fail('kernel', detail, `run Linux ${OLDEST_KERNEL.join('.')} or later`, true) : ok('kernel', detail);
}

export function checkBtf(read: ReadText = readText): Finding {
  const path = '/sys/kernel/btf/vmlinux';
  return read(path) === undefined
    ? fail(
        'btf',
        `${path} cannot be read`,
        'run a kernel built with CONFIG_DEBUG_INFO_BTF (every large distribution has one)',
        true,
      )
    : ok('btf', path);
}

export function checkLockdown(read: ReadText = readText): Finding {
  const mode = read('/sys/kernel/security/lockdown')?.match(/\[(\w+)\]/)?.[1];
  if (mode === 'confidentiality') {
    return fail(
      'lockdown',
      mode,
      'boot without lockdown=confidentiality: it hides kernel memory from every tracer',
      true,
    );
  }
  return ok('lockdown', mode ?? 'not in this kernel');
}

/** Bits of CapEff: include/uapi/linux/capability.h. */
const LOADING = { CAP_BPF: 39, CAP_PERFMON: 38 } as const;
const CAP_SYS_ADMIN = 21;
/** Length of the id map of the initial user namespace: only its capabilities count. */
const EVERY_ID = '4294967295';

/** What loading needs; CAP_SYS_ADMIN stands for both. Whether tracefs lets us in, the hooks find out. */
export function checkCapabilities(read: ReadText = readText): Finding {
  const ids = read('/proc/self/uid_map')?.trim().split(/\s+/);
  if (ids && ids[2] !== EVERY_ID) {
    return fail('capabilities', 'those of a user namespace, which count for nothing', 'run as root of the host', true);
  }
  const effective = BigInt(`0x${read('/proc/self/status')?.match(/^CapEff:\s*(\w+)/m)?.[1] ?? '0'}`);
  const has = (bit: number) => ((effective >> BigInt(bit)) & 1n) === 1n;
  const missing = has(CAP_SYS_ADMIN) ? [] : Object.entries(LOADING).filter(([, bit]) => !has(bit));
  const names = missing.map(([name]) => name).join(', ');
  return missing.length === 0
    ? ok('capabilities', Object.keys(LOADING).join(', '))
    : fail('capabilities', `missing ${names}`, 'run as root (sudo), or give the process these capabilities', true);
}

export function checkTracefs(read: ReadText = readText): Finding {
  const mounted = read('/proc/self/mounts')?.match(/^\S+ (\S+) tracefs /m)?.[1];
  if (mounted) return ok('tracefs', `mounted at ${mounted}; with CAP_SYS_ADMIN a mount of our own is used`);
  return read('/proc/filesystems')?.includes('\ttracefs\n')
    ? ok('tracefs', 'not mounted; with CAP_SYS_ADMIN a mount of our own is used, which nobody else sees')
    : warn('tracefs', 'not in this kernel', 'only the fexit hook works without it');
}
