import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { SpoolStore } from '../../../src/export/spool/spool-store.ts';
import { SpoolFolder } from './spool-under-test.ts';

const MIB = 1024 ** 2;
const ROW_BYTES = 250 * 1024;

function open(directory: string, maxBytes = 256 * MIB): SpoolStore {
  return new SpoolStore({ mode: 'spill', directory, maxBytes, maxAgeMillis: 1e9 });
}

function request(id: number, bytes = ROW_BYTES) {
  return { id, records: id, body: new Uint8Array(bytes).fill(id % 256) };
}

test('what is put comes back oldest first, byte for byte, also after it was opened again', () => {
  using folder = new SpoolFolder();
  const store = open(folder.path);
  for (const id of [30, 10, 20]) store.put(request(id));
  store.close();
  const again = open(folder.path);
  assert.deepEqual(again.opened, { contents: { requests: 3, records: 60 }, lastId: 30, setAside: undefined });
  assert.deepEqual(again.lend(2), [request(10), request(20)]);
  assert.deepEqual(again.lend(2), [request(30)]);
  assert.deepEqual(again.lend(2), []);
  again.settle([10], [20]);
  assert.deepEqual(again.lend(3), [request(20)]);
  again.close();
  const last = open(folder.path);
  assert.deepEqual(last.opened.contents, { requests: 2, records: 50 });
  last.close();
});

test('nobody else may read it', () => {
  using folder = new SpoolFolder();
  const directory = join(folder.path, 'made', 'here');
  const store = open(directory);
  store.put(request(1));
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  for (const name of readdirSync(directory)) {
    assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name);
  }
  store.close();
});

test('the file gets smaller again when it is empty', () => {
  using folder = new SpoolFolder();
  const store = open(folder.path);
  const ids = Array.from({ length: 100 }, (_, index) => index + 1);
  for (const id of ids) store.put(request(id));
  const bytes = () => statSync(join(folder.path, 'spool.sqlite')).size;
  const full = bytes();
  assert.ok(full > 20 * MIB, `${full} bytes`);
  for (const { id } of store.lend(100)) store.settle([id], []);
  store.close();
  assert.ok(bytes() < 6 * MIB, `${bytes()} bytes`);
});

test('what is no database is kept aside, and an empty one begun', () => {
  using folder = new SpoolFolder();
  const garbage = Buffer.alloc(100_000, 'this is not a database, ');
  writeFileSync(join(folder.path, 'spool.sqlite'), garbage);
  const store = open(folder.path);
  const { setAside, contents } = store.opened;
  assert.match(setAside?.reason ?? '', /not a database/);
  assert.match(setAside?.path ?? '', /spool\.damaged-\d{4}-\d\d-\d\dT\d+-\d+Z\.sqlite$/);
  assert.deepEqual(readFileSync(setAside?.path ?? ''), garbage);
  assert.deepEqual(contents, { requests: 0, records: 0 });
  store.put(request(1));
  assert.deepEqual(store.lend(1), [request(1)]);
  store.close();
});

test('a file that turns out to be damaged while it is used is kept aside, and what is new goes on', () => {
  using folder = new SpoolFolder();
  const path = join(folder.path, 'spool.sqlite');
  const store = open(folder.path);
  for (let id = 1; id <= 20; id++) store.put(request(id));
  store.close();
  const bytes = readFileSync(path);
  // Whole pages behind the first ones, which opening reads.
  bytes.fill(0xff, 16 * 4096);
  writeFileSync(path, bytes);
  const again = open(folder.path);
  const isKept = again.opened.contents.requests > 0;
  const lent = again.lend(100);
  again.put(request(21));
  const setAside = again.opened.setAside ?? again.takeNews().setAside;
  assert.match(setAside?.reason ?? '', /malformed/);
  // The first page has a counter of changes.
  assert.ok(
    readFileSync(setAside?.path ?? '')
      .subarray(4096)
      .equals(bytes.subarray(4096)),
  );
  if (isKept) assert.deepEqual(lent, []);
  assert.deepEqual(again.lend(1), [request(21)]);
  again.close();
});

test('a file of a later release is kept aside as it is', () => {
  using folder = new SpoolFolder();
  open(folder.path).close();
  const later = new DatabaseSync(join(folder.path, 'spool.sqlite'));
  later.exec('PRAGMA user_version = 2');
  later.close();
  const store = open(folder.path);
  assert.match(store.opened.setAside?.reason ?? '', /version 2 of a later release/);
  assert.match(store.opened.setAside?.path ?? '', /spool\.newer-/);
  const kept = new DatabaseSync(store.opened.setAside?.path ?? '', { readOnly: true });
  assert.equal(kept.prepare('PRAGMA user_version').get()?.['user_version'], 2);
  kept.close();
  store.close();
});
