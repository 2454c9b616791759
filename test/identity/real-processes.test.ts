import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ProcessCache } from '../../src/identity/process-cache.ts';
import type { ProcessIdentity } from '../../src/identity/process-identity.ts';
import { acceptOf } from './accept.ts';
import { bootNs } from './boot-clock.ts';

const DEADLINE_MILLIS = 10_000;
const cache = new ProcessCache();
let folder = '';

before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tcpaccept-identity-')));
});
after(() => rmSync(folder, { recursive: true }));

/** Who accepts now under this pid. */
function identifyNow(pid: number): ProcessIdentity | undefined {
  return cache.identify(acceptOf({ pid, acceptedBootNs: bootNs() }));
}

/** A child that runs until `end`, or until it is disposed of. */
class Child {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(command: string, ...args: string[]): Promise<Child> {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    await once(child, 'spawn');
    return new Child(child);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  writeLine(): void {
    this.#process.stdin?.write('\n');
  }

  /** Ends it and waits until it is reaped. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

test('a running process has its executable and cgroup, a dead one nothing', async () => {
  await using child = await Child.start('sleep', '60');
  const identity = identifyNow(child.pid);
  assert.equal(identity?.executablePath, realpathSync('/bin/sleep'));
  assert.equal(identity?.executableName, 'sleep');
  assert.match(identity?.cgroupPath ?? '', /^\//);
  assert.equal(identifyNow(child.pid), identity);

  await child.end();
  assert.equal(identifyNow(child.pid), undefined);
});

test('an exec is seen though pid, start time and name stay', async () => {
  const [first, second] = ['first', 'second'].map((name) => join(folder, name)) as [string, string];
  for (const [target, source] of [
    [first, '/bin/sh'],
    [second, '/bin/sleep'],
  ] as const) {
    mkdirSync(target);
    copyFileSync(source, join(target, 'server'));
  }
  await using child = await Child.start(join(first, 'server'), '-c', `read line; exec ${second}/server 60`);
  assert.equal(identifyNow(child.pid)?.executablePath, join(first, 'server'));

  child.writeLine();
  const deadline = performance.now() + DEADLINE_MILLIS;
  while (readlinkSync(`/proc/${child.pid}/exe`) !== join(second, 'server')) {
    assert.ok(performance.now() < deadline, 'the shell did not exec');
    await pause(5);
  }
  assert.equal(identifyNow(child.pid)?.executablePath, join(second, 'server'));
});

test('an executable deleted while it runs keeps its path', async () => {
  const path = join(folder, 'replaced');
  copyFileSync('/bin/sleep', path);
  await using child = await Child.start(path, '60');
  unlinkSync(path);
  assert.equal(identifyNow(child.pid)?.executablePath, path);
});

test('our own process is known by any pid', () => {
  const own = new ProcessCache({ ownProcess: true });
  const identity = own.identify(acceptOf({ pid: 0x7fff_ffff, acceptedBootNs: bootNs() }));
  assert.equal(identity?.executablePath, realpathSync(process.execPath));
});
