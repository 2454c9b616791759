import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom } from '../../random.ts';
import { type Answer, OtlpServer } from '../otlp-server.ts';
import { numbersIn } from '../transport/encode-records.ts';
import { range } from '../transport/queue-under-test.ts';
import { SpoolFolder, SpoolUnderTest } from './spool-under-test.ts';

const RUNS = 3;
const RUN_MILLIS = 1200;
const CLOSE_MILLIS = 3000;

/** What an endpoint does for a while; `undefined` is no answer. */
const MOODS: readonly (readonly [weight: number, answers: (records: number) => Answer | undefined])[] = [
  [4, () => ({ status: 200 })],
  [3, () => ({ status: 503 })],
  [1, () => ({ status: 429, headers: { 'retry-after': '0' } })],
  [1, () => undefined],
  [1, (records) => ({ status: records > 3 ? 413 : 200 })],
];

for (const mode of ['spill', 'always'] as const) {
  test(`runs one after the other on one spool, mode ${mode}: whatever the endpoint does, nothing is lost, and each sum holds`, async (t) => {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000) + 1;
    t.diagnostic(`seed ${seed}; TEST_SEED=${seed - 1} repeats it`);
    const random = randomFrom(seed);
    const pick = () => {
      const all = MOODS.flatMap(([weight, answers]) => Array.from({ length: weight }, () => answers));
      return all[Math.floor(random() * all.length)] ?? (() => ({ status: 200 }));
    };
    const taken: number[] = [];
    let mood = pick();
    await using server = await OtlpServer.start((number) => {
      const numbers = numbersIn(server.requests[number]?.body ?? Buffer.alloc(0));
      const answer = mood(numbers.length);
      if (answer?.status === 200) taken.push(...numbers);
      return answer;
    });
    using folder = new SpoolFolder();
    let made = 0;
    let kept = 0;
    let delivered = 0;
    const run = async (isLast: boolean) => {
      const it = await SpoolUnderTest.open(server.endpoint, folder.path, {
        mode,
        environment: { OTEL_EXPORTER_OTLP_TIMEOUT: isLast ? '10000' : '100' },
      });
      assert.equal(it.count('recovered'), kept, 'what one run kept the next one finds');
      const end = performance.now() + RUN_MILLIS;
      while (performance.now() < end) {
        mood = isLast ? () => ({ status: 200 }) : pick();
        for (let offers = Math.floor(random() * 10); offers > 0; offers--) {
          const records = 1 + Math.floor(random() * 9);
          it.offer(records, made);
          made += records;
        }
        await delay(random() * 100);
        it.assertSum();
      }
      await it.queue.close(CLOSE_MILLIS);
      it.assertSum();
      assert.deepEqual(
        Object.keys(it.fates()).filter((name) => name !== 'delivered' && name !== 'spooled'),
        [],
      );
      kept = it.count('spooled');
      delivered += it.count('delivered');
    };
    for (let number = 0; number < RUNS; number++) await run(false);
    for (let number = 0; number < 5 && (number === 0 || kept > 0); number++) await run(true);
    assert.equal(kept, 0);
    assert.equal(delivered, made);
    assert.deepEqual(
      [...new Set(taken)].sort((a, b) => a - b),
      range(0, made),
    );
  });
}
