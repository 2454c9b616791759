import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HOOKS } from '../../src/kernel/binding.ts';
import { bootGuest, type Machine } from '../vm/guest.ts';
import { fetchKernel } from '../vm/kernel.ts';
import type { GuestSights } from './hooks-in-guest.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const ADDON = 'build/aarch64/tcpaccept.node';
const PROGRAM = 'test/slow/hooks-in-guest.ts';

async function outputOf(command: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(command, args, { cwd: PROJECT })).stdout.trim();
}

/** An arm64 system with what of this checkout the program needs. */
async function makeRoot(root: string): Promise<void> {
  await cp(await outputOf('test/vm/arm64-root.sh'), root, { recursive: true, verbatimSymlinks: true });
  await cp(join(PROJECT, ADDON), join(root, 'project/build/tcpaccept.node'));
  for (const part of ['package.json', 'src', PROGRAM]) {
    await cp(join(PROJECT, part), join(root, 'project', part), { recursive: true });
  }
  const command = `exec /bin/node /project/${PROGRAM} /results/result`;
  await writeFile(join(root, 'script.sh'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

async function sightsIn(line: string): Promise<GuestSights> {
  await outputOf('make', '--no-print-directory', '-s', 'MACHINE=aarch64', ADDON);
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-arm64-'));
  try {
    const root = join(folder, 'root');
    await makeRoot(root);
    const machine: Machine = {
      // Signing pointers as arm64 prescribes takes an emulator most of its time.
      qemu: ['qemu-system-aarch64', '-machine', 'virt', '-cpu', 'max,pauth-impdef=on'],
      serialPort: 'ttyAMA0',
      busybox: join(root, 'bin/busybox'),
    };
    const kernel = await fetchKernel(line, 'arm64');
    const script = join(root, 'script.sh');
    const guest = await bootGuest({ machine, root, kernel, script, results: folder, timeoutMillis: 600_000 });
    assert.equal(guest.exitCode, 0, guest.output);
    return JSON.parse(await readFile(join(folder, 'result'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

suite('Debian’s arm64 6.12', () => {
  let sights: GuestSights;
  before(async () => {
    sights = await sightsIn('6.12');
  });

  test('it is one', () => {
    assert.equal(sights.machine, 'arm64');
    assert.match(sights.release, /^6\.12\..*-arm64$/);
  });

  for (const hook of HOOKS) {
    test(`${hook} sees an accept, its process, its time in the queue and its listener`, () => {
      const sight = sights.hooks[hook];
      assert.ok(typeof sight === 'object', String(sight));
      const { made, records, counts } = sight;
      assert.equal(records.length, 1);
      const { socketCookie, queueDurationNs, networkNamespace, ...record } = records[0] ?? {};
      assert.deepEqual(record, {
        ...made,
        tid: made.pid,
        userId: 0,
        peerAddress: '127.0.0.1',
        localAddress: '127.0.0.1',
        method: 'syscall',
        queueLength: 0,
        queueLimit: sights.backlog,
      });
      assert.ok(Number(socketCookie) > 0 && Number(queueDurationNs) > 0 && Number(networkNamespace) > 0);
      assert.deepEqual([counts.unreadable, counts.missed, counts.submitted], [0, 0, 1]);
    });
  }
});
