import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SpoolStore } from '../../src/export/spool/spool-store.ts';
import { SmallDisk } from '../export/spool/spool-under-test.ts';
import { randomFrom } from '../random.ts';

const MIB = 1024 ** 2;
const ROW_BYTES = 250 * 1024;

function open(directory: string): SpoolStore {
  return new SpoolStore({ mode: 'spill', directory, maxBytes: 256 * MIB, maxAgeMillis: 1e9 });
}

function request(id: number, bytes = ROW_BYTES) {
  return { id, records: id, body: new Uint8Array(bytes).fill(id % 256) };
}

test('a full disk: the oldest make room for the newest, nothing that is lent out is lost', () => {
  using disk = new SmallDisk(12 * MIB);
  const directory = disk.path;
  const store = open(directory);
  let evicted = 0;
  store.put(request(1));
  const [lent] = store.lend(1);
  for (let id = 2; id <= 200; id++) {
    store.put(request(id));
    evicted += store.takeNews().evicted.requests;
  }
  assert.ok(evicted > 100, `${evicted} are gone`);
  store.settle([], [lent?.id ?? 0]);
  const left = store.lend(1000);
  assert.equal(left.length + evicted, 200);
  assert.deepEqual(left[0], request(1));
  assert.deepEqual(left.at(-1), request(200));
  // Filled up by others: not even a row of ours can be deleted without the reserve.
  assert.throws(() => writeFileSync(join(directory, 'others'), Buffer.alloc(16 * MIB, 1)), { code: 'ENOSPC' });
  store.settle(
    left.slice(0, 10).map(({ id }) => id),
    left.slice(10).map(({ id }) => id),
  );
  assert.deepEqual(store.lend(1)[0], left[10]);
  store.close();
  const again = open(directory);
  assert.equal(again.opened.contents.requests, left.length - 10);
  again.close();
});

test('full disks, and requests of any size: it goes on, and can be opened again', (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000) + 1;
  t.diagnostic(`seed ${seed}; TEST_SEED=${seed - 1} repeats it`);
  const random = randomFrom(seed);
  for (let round = 0; round < 8; round++) {
    using disk = new SmallDisk(Math.ceil((5 + 3 * random()) * MIB));
    const store = open(disk.path);
    for (let id = 1; id <= 200; id++) {
      store.put(request(id, Math.ceil(random() ** 2 * ROW_BYTES)));
      // What nobody takes: lent out, and given back.
      if (random() < 0.5)
        store.settle(
          [],
          store.lend(4).map((lent) => lent.id),
        );
    }
    store.close();
    const again = open(disk.path);
    assert.equal(again.opened.lastId, 200);
    again.close();
  }
});

test('a disk full of what is not ours takes nothing, and says so; what there is stays', () => {
  using disk = new SmallDisk(4 * MIB);
  const directory = disk.path;
  const store = open(directory);
  store.put(request(1));
  store.lend(1);
  assert.throws(() => writeFileSync(join(directory, 'others'), Buffer.alloc(16 * MIB, 1)), { code: 'ENOSPC' });
  assert.throws(
    () => {
      for (let id = 2; id < 20; id++) store.put(request(id, 200 * 1024 * 10));
    },
    { errcode: 13 },
  );
  store.settle([], [1]);
  assert.deepEqual(store.lend(1), [request(1)]);
  store.close();
});

test('a read-only disk is an error', () => {
  using disk = new SmallDisk(4 * MIB);
  const directory = disk.path;
  open(directory).close();
  disk.makeReadOnly();
  assert.throws(() => open(directory), { code: 'ERR_SQLITE_ERROR' });
});

test('a disk that was filled up by others while nobody had the spool: what is in it can be read and delivered', () => {
  using disk = new SmallDisk(8 * MIB);
  const store = open(disk.path);
  for (let id = 1; id <= 10; id++) store.put(request(id));
  store.close();
  assert.throws(() => writeFileSync(join(disk.path, 'others'), Buffer.alloc(16 * MIB, 1)), { code: 'ENOSPC' });
  const again = open(disk.path);
  const lent = again.lend(100);
  assert.equal(lent.length, 10);
  again.settle(
    lent.map(({ id }) => id),
    [],
  );
  again.close();
  const last = open(disk.path);
  assert.equal(last.opened.contents.requests, 0);
  last.close();
});
