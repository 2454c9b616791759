import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { EXECUTABLE_BYTES, OFFSET, RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { inTime } from '../in-time.ts';
import { HOOK } from './hook.ts';

const SOURCE = new URL('short_lived.c', import.meta.url).pathname;
/** Around the words that are copied, around what a dentry holds itself, and around what a record has room for. */
const LENGTHS = [1, 7, 8, 9, 15, 16, 17, 24, 30, 31, 32, 39, 40, 41, 200];

test('an executable has its name and nothing behind it, however long, and whatever it was called before', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpaccept-name-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const called = join(folder, 'z'.repeat(Math.min(...LENGTHS.filter((length) => length > 30))));
  const names = LENGTHS.map((length) => 'abcdefgh'.repeat(25).slice(0, length));
  const programs = names.map((name) => {
    execFileSync('gcc', ['-O2', SOURCE, '-o', called]);
    renameSync(called, join(folder, name));
    return join(folder, name);
  });
  const child = spawn(programs[0] ?? '', [`${LENGTHS.length}`, ...programs], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ports: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (ports.push(Number(line)) === LENGTHS.length) break;
  }
  const seen = new Map<number, string>();
  await using tracer = new AcceptTracer({ hook: HOOK, ringBytes: 1 << 16, ports, self: 'none' });
  tracer.run(({ bytes, count, view }) => {
    for (let i = 0; i < count; i++) {
      view.moveTo(i);
      const at = i * RECORD_BYTES + OFFSET.executable_name;
      seen.set(view.localPort, Buffer.from(bytes.subarray(at, at + EXECUTABLE_BYTES)).toString('latin1'));
    }
  });
  child.stdin.end('\n');
  const [code] = await inTime(once(child, 'exit'), 'every program had accepted', () => `${seen.size} were recorded`);
  assert.equal(code, 0);
  await tracer.stop();

  assert.deepEqual(
    ports.map((port) => seen.get(port)),
    names.map((name) => name.slice(0, EXECUTABLE_BYTES - 1).padEnd(EXECUTABLE_BYTES, '\0')),
  );
});
