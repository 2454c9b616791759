import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DirectEncoder } from '../../../src/export/direct/direct-encoder.ts';
import { openAcceptEncoder } from '../../../src/kernel/accept-encoder.ts';
import type { RecordBatch } from '../../../src/record/accept-record.ts';
import { spanIdsOf } from '../../../src/record/accept-span.ts';
import { ATTRIBUTES } from '../../../src/record/attributes.ts';
import { TracedBatch } from '../../../src/record/traced-batch.ts';
import { exampleRecord, IPV6, MAPPED } from '../../output/example-record.ts';
import { randomFrom } from '../../random.ts';
import { randomEvents } from '../../record/random-events.ts';
import { batchOf } from '../../record/record-batch.ts';
import { RandomAccepts } from './random-accepts.ts';
import { SdkEncoder } from './sdk-encoder.ts';

const NUMBERS = [-1, 0, -0, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -(2 ** 40), 2 ** 63, -(2 ** 63), 1e300];
const DOUBLES = [0.5, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324];
const RESOURCE = resourceFromAttributes(
  {
    'service.name': 'tést',
    'service.version': '',
    'host.up': true,
    'host.down': false,
    ...Object.fromEntries([...NUMBERS, ...DOUBLES].map((number) => [`number ${number}`, number])),
  },
  { schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' },
);
const NO_LIMITS = { attributeCountLimit: 128, attributeValueLengthLimit: Number.POSITIVE_INFINITY };
const UNLIMITED = { records: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
const SEED = Number(process.env['TCPACCEPT_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31) + 1);
const ROUNDS = 60;
const MOST_RECORDS = 100;
/** Two lengths take up to five bytes each. */
const MOST_SPARE_BYTES = 8;

/** Both encoders of one lane: whatever they are given, they make the same bytes. */
class Encoders {
  readonly warnings: string[] = [];
  readonly #direct: DirectEncoder;
  readonly #sdk: SdkEncoder;

  constructor(limits = NO_LIMITS, resource = RESOURCE) {
    this.#direct = new DirectEncoder({
      resource,
      limits,
      warn: (cause) => this.warnings.push(cause),
      native: openAcceptEncoder(),
    });
    this.#sdk = new SdkEncoder({ resource, limits });
  }

  accept(batch: RecordBatch): void {
    for (let from = 0; from < batch.count; ) from += this.#direct.addAccepts(batch, from, UNLIMITED);
    for (const record of batch.records) this.#sdk.add('accepted', record);
  }

  /** The same accepts by the way that any event goes. */
  acceptDecoded(batch: RecordBatch): void {
    for (const record of batch.records) for (const each of [this.#direct, this.#sdk]) each.add('accepted', record);
  }

  addOneOfEach(records: ReturnType<typeof randomEvents>): void {
    for (const encoder of [this.#direct, this.#sdk]) {
      for (const kind of Object.keys(records) as (keyof typeof records)[]) encoder.add(kind, records[kind]);
    }
  }

  assertSame(what: string): void {
    const expected = this.#sdk.take();
    assert.equal(this.#direct.records, expected.records);
    const spare = this.#direct.bytes - expected.body.length;
    assert.ok(spare >= 0 && spare <= MOST_SPARE_BYTES, `${spare} more, ${what}`);
    const { body, records } = this.#direct.take();
    assert.equal(records, expected.records);
    assert.equal(Buffer.from(body).toString('hex'), Buffer.from(expected.body).toString('hex'), what);
    assert.equal(this.#direct.records, 0);
  }
}

test(`requests of random records are the SDK's, byte for byte (TCPACCEPT_TEST_SEED=${SEED})`, (t) => {
  t.diagnostic(`TCPACCEPT_TEST_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const below = (end: number) => Math.floor(random() * end);
  const accepts = new RandomAccepts(random);
  for (let lane = 0; lane < 8; lane++) {
    const limits = {
      attributeCountLimit: random() < 0.5 ? 128 : below(ATTRIBUTES.length + 2),
      attributeValueLengthLimit: random() < 0.5 ? Number.POSITIVE_INFINITY : 1 + below(60),
    };
    const encoders = new Encoders(limits);
    for (let round = 0; round < ROUNDS; round++) {
      const drained = accepts.batch(below(MOST_RECORDS));
      const share = random();
      const spans = drained.records.map(({ uid }) => (random() < share ? spanIdsOf(uid) : undefined));
      const batch = random() < 0.5 ? drained : new TracedBatch(drained, spans);
      if (random() < 0.2) encoders.acceptDecoded(batch);
      else encoders.accept(batch);
      if (random() < 0.3) encoders.addOneOfEach(randomEvents(below));
      if (batch.count > 0) encoders.assertSame(`lane ${lane}, round ${round}, ${JSON.stringify(limits)}`);
    }
  }
});

const CASES: readonly (readonly [string, Parameters<typeof exampleRecord>[0]])[] = [
  ['IPv4', {}],
  ['IPv6', IPV6],
  ['IPv4-mapped', MAPPED],
  [
    'all that may be unknown unknown',
    { queueDurationNs: undefined, queueLength: undefined, queueLimit: undefined, rttUs: undefined, socketCookie: 0n },
  ],
  [
    'numbers of all sizes',
    { rttUs: 0xffff_fffe, queueLength: 0, queueLimit: 0xffff_fffe, sequence: 2n ** 64n - 1n, socketCookie: 2n ** 53n },
  ],
  ['a duration of whole seconds, which the SDK makes an int', { queueDurationNs: 3_000_000_000n, rttUs: 0 }],
  ['a duration that is almost unknown', { queueDurationNs: 2n ** 64n - 2n }],
];
for (const [name, different] of CASES) {
  test(`the same bytes as the SDK: ${name}`, () => {
    const encoders = new Encoders();
    encoders.accept(batchOf([exampleRecord(different), exampleRecord(different)]));
    encoders.assertSame(name);
  });
}

test('a thread that becomes another program, or moves, is not told of with what was encoded before', () => {
  const encoders = new Encoders();
  const record = exampleRecord();
  const other = { ...record, process: { ...record.process, executableName: 'other' } as typeof record.process };
  encoders.accept(batchOf([record, exampleRecord({ cgroupId: 5n }), exampleRecord({ comm: 'sh' }), record]));
  encoders.accept(batchOf([other, exampleRecord({ cgroupId: 5n }), other]));
  encoders.accept(batchOf([record]));
  encoders.assertSame('in three batches');
});

test('more threads and addresses than are remembered', () => {
  const encoders = new Encoders();
  for (let batch = 0; batch < 10; batch++) {
    const records = Array.from({ length: 1000 }, (_, index) =>
      exampleRecord({ tid: batch * 1000 + index, localAddress: `10.${batch}.${index >> 8}.${index & 255}` }),
    );
    encoders.accept(batchOf(records));
    encoders.assertSame(`batch ${batch}`);
  }
});

test('a limit of attributes is warned of, none is not', () => {
  for (const [attributeCountLimit, warnings] of [
    [3, ['attribute-limit']],
    [128, []],
  ] as const) {
    const encoders = new Encoders({ ...NO_LIMITS, attributeCountLimit });
    encoders.accept(batchOf([exampleRecord()]));
    assert.deepEqual(encoders.warnings, warnings);
  }
});

test('a resource attribute that a request cannot hold is said at once', () => {
  assert.throws(() => new Encoders(NO_LIMITS, resourceFromAttributes({ list: ['a'] })), /resource attribute list/);
});

test('memory that was taken back is used again, and nothing else is', () => {
  const encoder = new DirectEncoder({
    resource: RESOURCE,
    limits: NO_LIMITS,
    warn: () => {},
    native: openAcceptEncoder(),
  });
  const batch = batchOf([exampleRecord()]);
  const take = () => {
    // Nearly all of a buffer of 256 KiB: of one that is less full, a copy is handed over.
    while (encoder.bytes < 240 * 1024) encoder.addAccepts(batch, 0, UNLIMITED);
    return encoder.take().body;
  };
  const [first, second] = [take(), take()];
  const expected = Buffer.from(second);
  encoder.takeBack(first);
  encoder.takeBack(first);
  encoder.takeBack(Uint8Array.from(second));
  const later = [take(), take(), take()];
  assert.equal(later.filter(({ buffer }) => buffer === first.buffer).length, 1);
  assert.ok(later.every(({ buffer }) => buffer !== second.buffer));
  assert.deepEqual(Buffer.from(second), expected, 'what is lent is not written to');
});
