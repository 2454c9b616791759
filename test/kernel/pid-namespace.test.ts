import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EVENTS } from '../../src/record/events.ts';
import { inTime } from '../in-time.ts';
import { ROUTES } from './filter-scene.ts';
import type { PidNamespaceResult } from './pid-namespace.ts';

const PROGRAM = fileURLToPath(new URL('pid-namespace.ts', import.meta.url));
const UNSHARE = ['--pid', '--fork', '--kill-child', '--mount-proc'];

/** Its ids from this namespace down to its own. */
function pidsOf(pid: number): number[] {
  const [, ids = ''] = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return ids.split('\t').map(Number);
}

for (const place of ['direct', 'nested']) {
  test(`in a pid namespace, --pid names a process as it is called there: ${place}`, async (t) => {
    const child = spawn('unshare', [...UNSHARE, process.execPath, PROGRAM, place], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const line = await inTime(once(createInterface(child.stdout), 'line'), 'the namespace said what was traced');
    const { pid, stdout, stderr }: PidNamespaceResult = JSON.parse(String(line));

    const [, here, onHost] = /^otel-tcpaccept: pid (\d+) here is (\d+) on the host$/m.exec(stderr) ?? [];
    const pids = pidsOf(Number(onHost));
    assert.deepEqual([Number(here), pids[1], pids.length], [pid, pid, place === 'direct' ? 2 : 3]);
    const records = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
      .filter(({ event_name: name }) => name === EVENTS.accepted.name);
    assert.equal(records.length, ROUTES.length);
    for (const record of records) {
      assert.deepEqual([record['process.pid'], record['process.vpid']], [Number(onHost), pids.at(-1)]);
    }
    child.stdin.end();
    const [exitCode] = await inTime(once(child, 'exit'), 'the namespace ended');
    assert.equal(exitCode, 0);
  });
}
