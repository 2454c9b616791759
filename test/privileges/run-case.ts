import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Hook } from '../../src/kernel/binding.ts';
import type { Capability } from '../../src/kernel/hook-limits.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import type { PrivilegeCase } from './privilege-cases.ts';

const NOBODY = 65_534;
const TRACEFS = '/sys/kernel/tracing';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Built: started some dozen times in an emulated guest, the sources would take a minute to be stripped of types. */
const commandIn = (folder: string) => [`${folder}/build/node`, `${folder}/dist/cli/main.js`] as const;
/** Mounts that nobody else sees: the checkout where everybody may read it, and tracefs if $2 is there. */
const MOUNTS = 'mount --bind "$0" /mnt && { [ -z "$1" ] || mount -t tracefs tracefs "$1"; } && shift && exec "$@"';
export const ACCEPTS = 5;

/** What became of a case. */
export interface CaseOutcome {
  readonly code: number | null;
  readonly stderr: string;
  /** The rows of ndjson, of `ACCEPTS` connections to a server of root's. */
  readonly rows: readonly Record<string, unknown>[];
}

/** Runs the command with exactly the capabilities of the case, as nobody. Needs root. */
export function runCase({ hook, isRestricted, capabilities }: PrivilegeCase): Promise<CaseOutcome> {
  const tracefs = isRestricted || isTracefsMounted() ? '' : TRACEFS;
  const mounts = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', MOUNTS, ROOT, tracefs];
  return traceOnce([...mounts, ...asNobody(capabilities), ...commandIn('/mnt')], ['--hook', hook, '--no-export']);
}

/** How a tracer that gave up root is while it traces, as /proc says. */
export interface AfterDrop extends CaseOutcome {
  /** Of every thread, each once: real, effective, saved and filesystem ids, groups, effective capabilities. */
  readonly threads: readonly string[];
  /** Perf events held: those that watch accepts asleep at the start go away when these have returned. */
  readonly perfEvents: number;
  /** Names of probes left in the kernel after the end. */
  readonly probesLeft: readonly string[];
}

/** Runs the command as root with `--user nobody` and an endpoint that takes everything, and looks at it. */
export async function runWithUser(hook: Hook, heldPerfEvents: number): Promise<AfterDrop> {
  let threads: readonly string[] = [];
  let perfEvents = Number.NaN;
  const endpoint = createHttpServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await listen(endpoint)}` };
  try {
    const outcome = await traceOnce(commandIn(ROOT), ['--hook', hook, '--user', 'nobody'], env, async (tracer) => {
      await tracer.until(() => countPerfEvents(tracer.pid) <= heldPerfEvents, 'it holds no more than it must');
      perfEvents = countPerfEvents(tracer.pid);
      threads = threadsOf(tracer.pid);
    });
    return { ...outcome, threads, perfEvents, probesLeft: probes() };
  } finally {
    endpoint.close();
    endpoint.closeAllConnections();
  }
}

async function traceOnce(
  command: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  whileTracing: (tracer: TracerCommand) => Promise<void> = async () => {},
): Promise<CaseOutcome> {
  const [program = '', ...rest] = command;
  const server = createServer((socket) => socket.end());
  const port = await listen(server);
  try {
    await using tracer = new TracerCommand([...args, '-P', `${port}`, '--output', 'ndjson'], {
      command: [program, ...rest],
      env,
    });
    const isOver = () => /\(ERR_/.test(tracer.stderr);
    await tracer.until(() => isOver() || tracer.stderr.includes('tracing hook='), 'it traces or is refused');
    if (!isOver()) {
      await whileTracing(tracer);
      for (let made = 0; made < ACCEPTS; made++) await connectOnce(port);
      await tracer.until(() => tracer.rows.length >= ACCEPTS, 'every accept is shown');
      tracer.signal('SIGUSR1');
      await tracer.until(() => tracer.ledgers.length > 0, 'it shows its ledger');
      tracer.signal('SIGTERM');
    }
    const { code, stderr } = await tracer.ended();
    return { code, stderr, rows: isOver() ? [] : tracer.rows };
  } finally {
    server.close();
  }
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function asNobody(capabilities: readonly Capability[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`)].join(',');
  return [
    'setpriv',
    ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
    ...[`--bounding-set=${set}`, `--inh-caps=${set}`, `--ambient-caps=${set}`],
    '--',
  ];
}

function isTracefsMounted(): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(` ${TRACEFS} tracefs `);
}

function connectOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    connect(port, '127.0.0.1')
      .once('error', reject)
      .once('close', () => resolve())
      .resume();
  });
}

function threadsOf(pid: number): string[] {
  const lines = readdirSync(`/proc/${pid}/task`).map((tid) =>
    (readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8').match(/^(Uid|Gid|Groups|CapEff|CapPrm):.*$/gm) ?? [])
      .map((line) => line.trim().replaceAll('\t', ' '))
      .join('; '),
  );
  return [...new Set(lines)];
}

function countPerfEvents(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => linkOf(`/proc/${pid}/fd/${fd}`).includes('perf_event')).length;
}

/** Empty for a descriptor closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function probes(): string[] {
  try {
    return readFileSync(`${TRACEFS}/kprobe_events`, 'utf8').match(/tcpaccept\/\S+/g) ?? [];
  } catch {
    return []; // no tracefs here, or no kprobes in it
  }
}
