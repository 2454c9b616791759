import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a test says of one process; the rest is made up. */
export interface FakeProcess {
  readonly comm?: string;
  readonly startTicks?: number;
  readonly startStack?: string;
  readonly executable?: string;
  readonly cgroup?: string;
  readonly parentPid?: number;
  /** Each argument ends with a NUL. */
  readonly commandLine?: string;
}

/** A folder that reads like /proc, whose processes come, go and reuse each other's pids at once. */
export class FakeProc {
  readonly root = mkdtempSync(join(tmpdir(), 'tcpaccept-proc-'));

  constructor(pidNamespaceInode = 4026531836) {
    mkdirSync(join(this.root, '1', 'ns'), { recursive: true });
    symlinkSync(`pid:[${pidNamespaceInode}]`, join(this.root, '1', 'ns', 'pid'));
  }

  /** The process with this pid from now on, in place of any before it. */
  set(pid: number | 'self', process: FakeProcess): void {
    this.remove(pid);
    const folder = join(this.root, String(pid));
    mkdirSync(folder);
    writeFileSync(join(folder, 'stat'), statText(process));
    writeFileSync(join(folder, 'cmdline'), process.commandLine ?? '');
    writeFileSync(join(folder, 'cgroup'), process.cgroup ?? '0::/\n');
    if (process.executable !== undefined) symlinkSync(process.executable, join(folder, 'exe'));
  }

  remove(pid: number | 'self'): void {
    rmSync(join(this.root, String(pid)), { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

/** A line of /proc/PID/stat with fields 1 to 30; those not given are zero. */
export function statText({
  comm = 'server',
  startTicks = 100,
  startStack = '140720000000000',
  parentPid = 0,
}: FakeProcess): string {
  const fields: (string | number)[] = Array(30).fill(0);
  fields[0] = 4242;
  fields[1] = `(${comm})`;
  fields[2] = 'S';
  fields[3] = parentPid;
  fields[21] = startTicks;
  fields[27] = startStack;
  return `${fields.join(' ')}\n`;
}
