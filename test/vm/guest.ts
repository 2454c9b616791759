import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { access, constants, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeInitramfs } from './initramfs.ts';
import { moduleFiles } from './kernel.ts';

const ROOT_MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];
const TAIL_CHARACTERS = 4000;
const TIMEOUT_MILLIS = 120_000;
/** Before its time is up a guest writes down what its threads wait for and ends; this is how long it has for that. */
const TELLING_SECONDS = 20;
const LIFELESS_MILLIS = 60_000;
const LOOK_MILLIS = 1000;

/** What QEMU is to be, and what of the guest's own the initramfs needs. */
export interface Machine {
  readonly qemu: readonly [command: string, ...args: string[]];
  readonly serialPort: string;
  /** A static busybox of this architecture, on the host. */
  readonly busybox: string;
}

export const X86_64: Machine = {
  qemu: ['qemu-system-x86_64', '-cpu', 'max'],
  serialPort: 'ttyS0',
  busybox: '/bin/busybox',
};

const { NODE_COMPILE_CACHE } = process.env;
/** For a script's environment: this Node.js, what each of it loads first in a guest, and test/run.ts's cache of sources. */
export const NODE_OF_GUEST = {
  NODE: process.execPath,
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('liftoff-only.mjs', import.meta.url))}`,
  ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
} as const;

export interface GuestOptions {
  /** Default: `X86_64`. */
  readonly machine?: Machine;
  /** The folder of the host that is below the guest's `/`. Default: `/`. */
  readonly root?: string;
  /** The kernel's folder, from fetchKernel(). */
  readonly kernel: string;
  /** Path of an executable, for instance a bash script, on the host and below `root`. Runs as root in `/`, without input. */
  readonly script: string;
  /** An existing folder of the host that is /results in the guest, both may write it. Default: the guest has none. */
  readonly results?: string;
  /** Environment of the script, beside HOME and PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Kernel modules to insert, by name; what they link to comes with them. What one asks for only when it starts must
   * be named before it: `crc32c_generic` before `sctp` and `nf_conntrack`. Nothing is loaded on demand later.
   */
  readonly modules?: readonly string[];
  /** Default: 2048. */
  readonly memoryMib?: number;
  /** Default: 2. */
  readonly cpus?: number;
  /** From QEMU's start to its end. Default: 120,000. */
  readonly timeoutMillis?: number;
  /** Without a sign of life, which a guest gives each second from its init on. Default: 60,000. */
  readonly lifelessMillis?: number;
  /** For instance `ignore_loglevel`, for a console with everything the kernel says. */
  readonly appendKernelArgs?: string;
}

export interface GuestResult {
  /** The script's; 128 and the signal's number when a signal ended it. */
  readonly exitCode: number;
  /** Everything the script wrote to stdout and stderr, and nothing else. */
  readonly output: string;
  /** What the kernel said. */
  readonly console: string;
}

/** The guest gave no sign of life, or did not end by itself when its time was up: the emulated machine stood still. */
export class GuestStoodStill extends Error {}

/** The kernel died before the script began, which shows nothing of the script: seen once, of an emulator short of time. */
class GuestNeverBegan extends Error {}

/**
 * Boots a kernel in QEMU's software emulation, runs a script there as root, and powers off.
 *
 * The guest's `/` is `root`, read-only, below a layer in memory that takes the guest's writes, except for /dev,
 * /proc, /run and /sys, which are its own. What the host makes later is there too, but a path that the guest looked at
 * before stays as it was then; only /results is always what both have written.
 * Rejects, with the end of the output and the console, when the guest panics, cannot start or is not done in time: then
 * also with what its threads wait for. One that panics before the script begins is booted once more, which stderr says.
 * Needs root, for the files only root can read, and qemu-system-x86, busybox-static and cpio.
 */
export async function bootGuest(options: GuestOptions): Promise<GuestResult> {
  try {
    return await bootOnce(options);
  } catch (error) {
    if (!(error instanceof GuestNeverBegan)) throw error;
    process.stderr.write(`once more: ${error.message}\n`);
    return await bootOnce(options);
  }
}

async function bootOnce(options: GuestOptions): Promise<GuestResult> {
  await access(options.script, constants.X_OK);
  const modules = await moduleFiles(options.kernel, [...ROOT_MODULES, ...(options.modules ?? [])]);
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-guest-'));
  try {
    const initramfs = join(folder, 'initramfs');
    const { busybox, qemu: command } = options.machine ?? X86_64;
    const script = join('/', relative(options.root ?? '/', options.script));
    const hasResults = options.results !== undefined;
    const { env = {}, timeoutMillis = TIMEOUT_MILLIS, lifelessMillis = LIFELESS_MILLIS } = options;
    const patienceSeconds = Math.max(1, Math.floor(timeoutMillis / 1000) - TELLING_SECONDS);
    await writeInitramfs(initramfs, { busybox, modules, script, env, hasResults, patienceSeconds });

    // A signal that ends this process must not leave a guest behind, which is what setpriv is for.
    const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', ...command, ...qemuArguments(options, folder)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { console, end, still } = await untilEnd(qemu, {
      timeoutMillis,
      alive: join(folder, 'alive'),
      lifelessMillis,
    });
    const output = await readIfThere(join(folder, 'output'));
    const exitCode = await readIfThere(join(folder, 'exit-code'));
    if (end === 'exit 0' && exitCode !== '') return { exitCode: Number(exitCode), output, console };
    const threads = await readIfThere(join(folder, 'threads'));
    const why = threads === '' ? `gave no exit code: QEMU ended with ${end}` : `was not done in ${timeoutMillis} ms`;
    const panicked = console.includes('Kernel panic') && !existsSync(join(folder, 'output'));
    const Failure = still ? GuestStoodStill : panicked ? GuestNeverBegan : Error;
    throw new Failure(
      `The guest ${why}; the script's output ends with:\n${tail(output)}\nthe console ends with:\n${tail(console)}` +
        (threads === '' ? '' : `\nits threads waited for:\n${threads}`),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function qemuArguments(options: GuestOptions, folder: string): string[] {
  const share = (tag: string, path: string, more = '') => [
    '-virtfs',
    `local,mount_tag=${tag},security_model=none,multidevs=remap,path=${path.replaceAll(',', ',,')}${more}`,
  ];
  const { serialPort } = options.machine ?? X86_64;
  const common = `console=${serialPort} quiet mitigations=off oops=panic panic=-1`;
  const kernelArgs = [common, options.appendKernelArgs ?? ''];
  return [
    ...['-accel', 'tcg,thread=multi', '-nodefaults', '-no-reboot', '-display', 'none'],
    ...['-serial', 'stdio', '-m', `${options.memoryMib ?? 2048}`, '-smp', `${options.cpus ?? 2}`],
    ...['-kernel', join(options.kernel, 'vmlinuz'), '-initrd', join(folder, 'initramfs')],
    ...['-append', kernelArgs.join(' ')],
    ...share('host', options.root ?? '/', ',readonly=on'),
    ...share('runner', folder),
    ...(options.results === undefined ? [] : share('results', options.results)),
  ];
}

async function untilEnd(
  qemu: ChildProcess,
  limits: { readonly timeoutMillis: number; readonly alive: string; readonly lifelessMillis: number },
): Promise<{ console: string; end: string; still: boolean }> {
  let console = '';
  for (const stream of [qemu.stdout, qemu.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      console += text;
    });
  }
  const { timeoutMillis, alive, lifelessMillis } = limits;
  let why = '';
  const kill = (reason: string) => {
    why = reason;
    qemu.kill('SIGKILL');
  };
  const timer = setTimeout(() => kill(`after ${timeoutMillis} ms`), timeoutMillis);
  const began = Date.now();
  const looks = setInterval(async () => {
    const { mtimeMs } = await stat(alive).catch(() => ({ mtimeMs: began }));
    if (Date.now() - mtimeMs > lifelessMillis) kill(`after ${lifelessMillis} ms without a sign of life`);
  }, LOOK_MILLIS);
  try {
    const [code, signal] = await once(qemu, 'close');
    const end = signal === null ? `exit ${code}` : `${signal} ${why}`;
    return { console: console.replaceAll('\r\n', '\n'), end, still: why !== '' };
  } finally {
    clearTimeout(timer);
    clearInterval(looks);
  }
}

function tail(text: string): string {
  return text.slice(-TAIL_CHARACTERS);
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
