import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom } from '../../random.ts';
import * as behaviours from './behaviours.ts';
import { type Behaviour, HostileServer, type ReceivedRequest } from './hostile-server.ts';
import { QueueUnderTest, range } from './queue-under-test.ts';

const LEAST_STEPS = 300;
/** How much of each fate makes the test worth something; however slow the machine is, it goes on until then. */
const WORTH_RECORDS = 100;
const PATIENCE_MILLIS = 60_000;

/** What the server knows it has said of the records. */
class Truth {
  readonly acknowledged: number[] = [];
  readonly refused: number[] = [];
  partlyRejected = 0;

  /** A behaviour that has this fate. */
  readonly take = (behaviour: Behaviour, rejected = 0): Behaviour => {
    return (response, request) => {
      this.acknowledged.push(...request.numbers);
      this.partlyRejected += Math.min(rejected, request.numbers.length);
      behaviour(response, request);
    };
  };
  readonly refuse = (behaviour: Behaviour): Behaviour => {
    return (response, request) => {
      this.refused.push(...request.numbers);
      behaviour(response, request);
    };
  };
}

function anyBehaviour(random: () => number, truth: Truth): Behaviour {
  const most = 1 + Math.floor(random() * 10);
  const rejected = Math.floor(random() * 6);
  const tooLarge = (request: ReceivedRequest) =>
    request.numbers.length > 1 ? behaviours.answer(413) : truth.refuse(behaviours.answer(413));
  const all: readonly (readonly [weight: number, behaviour: Behaviour])[] = [
    [8, truth.take(behaviours.taken)],
    [2, truth.take(behaviours.answer(204))],
    [2, truth.take(behaviours.partialSuccess(rejected, 'some'), rejected)],
    [1, truth.take(behaviours.answer(200, 'garbage'))],
    [1, truth.take(behaviours.endlessBody(200, 16_384))],
    [1, truth.refuse(behaviours.refusal(400, 'no'))],
    [1, truth.refuse(behaviours.redirect)],
    [1, truth.refuse(behaviours.endlessBody(500, 1000))],
    [2, (response, request) => tooLarge(request)(response, request)],
    [
      1,
      (response, request) =>
        (request.numbers.length > most ? behaviours.answer(413) : truth.take(behaviours.taken))(response, request),
    ],
    [2, behaviours.answer(503)],
    [1, behaviours.answer(429, '', { 'retry-after': '0' })],
    [1, behaviours.endlessBody(502, 16_384)],
    [1, behaviours.reset],
    [1, behaviours.closed],
    [1, behaviours.noHttp],
  ];
  let left = random() * all.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, behaviour] of all) {
    left -= weight;
    if (left < 0) return behaviour;
  }
  return behaviours.reset;
}

for (const [seed, keepsGivenUp] of [
  [1, true],
  [20_261, false],
] as const) {
  test(`whatever an endpoint does, each record has one fate, and the server knows the same (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    const truth = new Truth();
    let isDown = false;
    await using server = await HostileServer.start(() => (isDown ? behaviours.reset : anyBehaviour(random, truth)));
    const environment = { OTEL_BLRP_MAX_QUEUE_SIZE: '1500', OTEL_EXPORTER_OTLP_TIMEOUT: '60000' };
    const it = await QueueUnderTest.open(server.endpoint, { keepsGivenUp, environment, giveUpAfterMillis: 250 });
    let offered = 0;
    const isWorth = () => {
      const { delivered = 0, rejected = 0, spooled = 0, dropped = 0 } = it.fates();
      return Math.min(delivered, rejected, spooled + dropped) > WORTH_RECORDS;
    };
    const deadline = performance.now() + PATIENCE_MILLIS;
    for (let step = 0; step < LEAST_STEPS || !isWorth(); step++) {
      assert.ok(performance.now() < deadline, `one of them hardly ever happens: ${JSON.stringify(it.fates())}`);
      if (random() < 0.03) isDown = !isDown;
      for (let requests = random() * 4; requests > 0; requests--) {
        const records = 1 + Math.floor(random() * 40);
        it.offer(records);
        offered += records;
      }
      await delay(random() * 8);
      it.assertSum();
      assert.ok(it.ledger.get('queued') <= 1500);
    }
    isDown = false;
    await it.queue.close(60_000);

    const givenUp = it.numbersGivenUp();
    const accountedFor = [...truth.acknowledged, ...truth.refused, ...givenUp];
    assert.equal(new Set(accountedFor).size, accountedFor.length, 'no record is in two places');
    it.assertFates({
      delivered: truth.acknowledged.length - truth.partlyRejected,
      rejected: truth.refused.length + truth.partlyRejected,
      ...(keepsGivenUp ? { spooled: givenUp.length } : { dropped: offered - accountedFor.length }),
    });
    if (keepsGivenUp)
      assert.deepEqual(
        accountedFor.sort((a, b) => a - b),
        range(0, offered),
      );
  });
}
