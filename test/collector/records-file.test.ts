import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { RecordsFile } from './records-file.ts';

let folder: string;
let path: string;
let file: RecordsFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-records-'));
  path = join(folder, 'records.jsonl');
  file = new RecordsFile(path);
});
afterEach(() => rmSync(folder, { recursive: true }));

function line(...bodies: string[]): string {
  const logRecords = bodies.map((body) => ({ body: { stringValue: body } }));
  return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

async function bodies() {
  return (await file.read()).map((record) => record.body);
}

test('a file that is not there yet holds no records', async () => {
  assert.deepEqual(await bodies(), []);
});

test('a line counts when it is whole, wherever it was cut', async () => {
  const bytes = Buffer.from(`${line('a → b')}\n`);
  for (let cut = 0; cut < bytes.length; cut++) {
    appendFileSync(path, bytes.subarray(cut, cut + 1));
    assert.equal((await bodies()).length, cut === bytes.length - 1 ? 1 : 0);
  }
  assert.deepEqual(await bodies(), ['a → b']);
});

test('a rotated file is read to its end, once, and before the new one', async () => {
  appendFileSync(path, `${line('1')}\n${line('2').slice(0, 10)}`);
  assert.deepEqual(await bodies(), ['1']);
  appendFileSync(path, line('2').slice(10));
  renameSync(path, join(folder, 'records-2026-11-23T19-30-00.000-size.jsonl'));
  appendFileSync(path, `\n${line('3', '4')}\n`);
  assert.deepEqual(await bodies(), ['1', '2', '3', '4']);
  assert.deepEqual(await bodies(), ['1', '2', '3', '4']);
});

test('reads at the same time do not take a line twice', async () => {
  appendFileSync(path, `${line('1')}\n`);
  await Promise.all([file.read(), file.read()]);
  assert.deepEqual(await bodies(), ['1']);
});

test('what a map would hide is an error', async () => {
  const attributes = [
    { key: 'k', value: { stringValue: 'x' } },
    { key: 'k', value: { stringValue: 'y' } },
  ];
  appendFileSync(path, `${JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes }] }] }] })}\n`);
  await assert.rejects(file.read(), /attribute k is given twice/);
});
