import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAN_STEPS } from '../../../src/export/direct/plan-writer.ts';
import { openAcceptEncoder } from '../../../src/kernel/accept-encoder.ts';
import { addressText } from '../../../src/kernel/address.ts';
import { loadNative } from '../../../src/kernel/native.ts';
import { AF_INET6, OFFSET, RECORD_BYTES } from '../../../src/kernel/record-layout.ts';
import { randomFrom } from '../../random.ts';

const SEED = Number(process.env['TCPACCEPT_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31) + 1);
const CLOCK = new BigUint64Array(2);
const CANARY = 0xa5;
const OUT_BYTES = 4096;
const SPAN_BYTES = 24;
const NO_LITERALS = new Uint8Array();

/** A step as `NativeAcceptEncoder.setPlan` takes it. */
function step(what: (typeof PLAN_STEPS)[number], { at = 0, bytes = 0, count = 0, literals = 0 } = {}): number[] {
  return [PLAN_STEPS.indexOf(what) | (bytes << 8) | (at << 16), count, literals];
}

/** What a plan of these steps makes of a record. */
function written(record: Uint8Array, steps: number[], literals = NO_LITERALS, spans?: Uint8Array): Uint8Array {
  const encoder = openAcceptEncoder();
  const plan = encoder.setPlan(record, 0, Uint32Array.from(steps), literals);
  const out = new Uint8Array(OUT_BYTES);
  const progress = Uint32Array.of(0, 1, 0, OUT_BYTES);
  encoder.encode(record, Uint32Array.of(plan), CLOCK, spans, out, progress);
  assert.equal(progress[0], 1);
  return out.subarray(0, progress[2]);
}

test('steps are numbered as the addon numbers them', () => {
  assert.deepEqual([...PLAN_STEPS], loadNative().planSteps());
});

test('every shape of an IPv6 address has the text that the record view gives it', () => {
  for (let shape = 0; shape < 3 ** 8; shape++) {
    const record = new Uint8Array(RECORD_BYTES);
    let rest = shape;
    for (let group = 0; group < 8; group++) {
      const value = [0, 0x0db8, 0xf][rest % 3] ?? 0;
      new DataView(record.buffer).setUint16(OFFSET.peer_address + 2 * group, value);
      rest = Math.floor(rest / 3);
    }
    const text = Buffer.from(written(record, step('ipv6', { at: OFFSET.peer_address, bytes: 16 }))).toString();
    assert.equal(text, addressText(record, OFFSET.peer_address, AF_INET6));
  }
});

test('numbers of every length have their digits', () => {
  for (let power = 0; power < 64; power++) {
    for (const value of [2n ** BigInt(power) - 1n, 2n ** BigInt(power), 10n ** BigInt(power % 20) - 1n]) {
      const record = new Uint8Array(RECORD_BYTES);
      new DataView(record.buffer).setBigUint64(OFFSET.sequence, value, true);
      const text = Buffer.from(written(record, step('decimal', { at: OFFSET.sequence, bytes: 8 }))).toString();
      assert.equal(text, value.toString());
    }
  }
});

test('a length has the bytes it takes, whatever was left for it', () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 100_000]) {
    for (const reserved of [1, 2, 5]) {
      const encoder = openAcceptEncoder();
      const literals = new Uint8Array(length).fill(7);
      const steps = [...step('open', { count: reserved }), ...step('close', { count: 1, literals: length })];
      const record = new Uint8Array(RECORD_BYTES);
      const plan = encoder.setPlan(record, 0, Uint32Array.from(steps), literals);
      const out = new Uint8Array(encoder.mostBytes(plan));
      const progress = Uint32Array.of(0, 1, 0, 1);
      encoder.encode(record, Uint32Array.of(plan), CLOCK, undefined, out, progress);
      const header: number[] = [];
      for (let rest = length; ; rest >>>= 7) {
        header.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      assert.deepEqual([...out.subarray(0, progress[2])], [...header, ...literals]);
    }
  }
});

const REFUSED: Readonly<Record<string, readonly [steps: number[], literals?: Uint8Array]>> = {
  'a step that is none': [[PLAN_STEPS.length, 0, 0]],
  'half a step': [[0, 0]],
  'a field beyond the record': [step('decimal', { at: RECORD_BYTES - 7, bytes: 8 })],
  'a number of three bytes': [step('decimal', { bytes: 3 })],
  'a division by zero': [step('number', { bytes: 4 })],
  'literals that are not there': [step('literal', { literals: 1 })],
  'literals that nobody copies': [[], Uint8Array.of(1)],
  'a close without an open': [step('close', { count: 1 })],
  'an open without a close': [step('open', { count: 1 })],
  'a skip beyond the end': [step('skipIfZero', { bytes: 4, count: 1 })],
  'a skip that leaves something open': [
    [...step('skipIfZero', { bytes: 4, count: 1 }), ...step('open', { count: 1 }), ...step('close', { count: 1 })],
  ],
  'a skip out of an open': [
    [...step('open', { count: 1 }), ...step('skipIfZero', { bytes: 4, count: 1 }), ...step('close', { count: 1 })],
  ],
  'a span where there may be none': [step('spanBytes', { bytes: 8 })],
  'more of a span than there is': [
    [...step('skipIfNoSpan', { count: 1 }), ...step('spanBytes', { at: SPAN_BYTES - 7, bytes: 8 })],
  ],
};
for (const [what, [steps, literals = NO_LITERALS]] of Object.entries(REFUSED)) {
  test(`no plan has ${what}`, () => {
    const record = new Uint8Array(RECORD_BYTES);
    assert.throws(() => openAcceptEncoder().setPlan(record, 0, Uint32Array.from(steps), literals), {
      code: 'ERR_INTERNAL',
    });
  });
}

test('arguments that do not fit each other are refused', () => {
  const encoder = openAcceptEncoder();
  const record = new Uint8Array(RECORD_BYTES);
  const short = record.subarray(1);
  const plans = Uint32Array.of(encoder.setPlan(record, 0, Uint32Array.from(step('observedTime')), NO_LITERALS));
  const out = new Uint8Array(OUT_BYTES);
  const encode = (records: Uint8Array, numbers: Uint32Array, spans: Uint8Array | undefined, ...progress: number[]) => {
    encoder.encode(records, numbers, CLOCK, spans, out, Uint32Array.from(progress));
  };
  encode(record, plans, undefined, 0, 1, 0, OUT_BYTES);
  for (const refused of [
    () => encode(short, plans, undefined, 0, 1, 0, OUT_BYTES),
    () => encode(record, plans, undefined, 0, 2, 0, OUT_BYTES),
    () => encode(record, plans, undefined, 0, 1, OUT_BYTES + 1, OUT_BYTES),
    () => encode(record, plans, undefined, 0, 1, 0),
    () => encode(record, plans, new Uint8Array(SPAN_BYTES - 1), 0, 1, 0, OUT_BYTES),
    () => encode(record, Uint32Array.of(2), undefined, 0, 1, 0, OUT_BYTES),
    () => encode(record, Uint32Array.of(0), undefined, 0, 1, 0, OUT_BYTES),
    () => encoder.find(short, 0, 1, plans),
    () => encoder.find(record, 0, 1, new Uint32Array()),
    () => encoder.setPlan(record, 1, new Uint32Array(), NO_LITERALS),
    () => encoder.mostBytes(2),
    () => new (loadNative().AcceptEncoder)(Uint32Array.of(RECORD_BYTES - 3)),
  ]) {
    assert.throws(refused, { code: 'ERR_INTERNAL' });
  }
  encoder.clear();
  assert.throws(() => encode(record, plans, undefined, 0, 1, 0, OUT_BYTES), { code: 'ERR_INTERNAL' });
});

test(`plans of random steps are refused, or keep to their bounds with any record (TCPACCEPT_TEST_SEED=${SEED})`, (t) => {
  t.diagnostic(`TCPACCEPT_TEST_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const below = (end: number) => Math.floor(random() * end);
  const encoder = openAcceptEncoder();
  let kept = 0;
  for (let round = 0; round < 20_000; round++) {
    const record = Uint8Array.from({ length: RECORD_BYTES }, () => (random() < 0.3 ? 0xff : below(256)));
    const literals = new Uint8Array(below(60));
    const steps: number[] = [];
    let [left, open] = [literals.length, 0];
    for (let count = 1 + below(8); count > 0; count--) {
      const what = below(PLAN_STEPS.length + (random() < 0.01 ? 1 : 0));
      const taken = below(left + 1);
      left -= taken;
      if (PLAN_STEPS[what] === 'open') open++;
      const bytes = [2, 4, 8, 16, 3][below(random() < 0.02 ? 5 : 4)] ?? 0;
      steps.push(what | (bytes << 8) | (below(random() < 0.05 ? 300 : 160) << 16), below(4), taken);
    }
    steps.push(...step('close', { count: open, literals: left }));
    let plan: number;
    try {
      plan = encoder.setPlan(record, 0, Uint32Array.from(steps), literals);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ERR_INTERNAL');
      continue;
    }
    kept++;
    const most = encoder.mostBytes(plan);
    const memory = new Uint8Array(most + 64).fill(CANARY);
    const spans = random() < 0.5 ? new Uint8Array(SPAN_BYTES).fill(below(2)) : undefined;
    const progress = Uint32Array.of(0, 1, 0, most);
    encoder.encode(record, Uint32Array.of(plan), CLOCK, spans, memory.subarray(32, 32 + most), progress);
    assert.equal(progress[0], 1);
    assert.ok((progress[2] ?? 0) <= most);
    const around = [...memory.subarray(0, 32), ...memory.subarray(32 + most)];
    assert.ok(around.every((byte) => byte === CANARY));
    const tooFew = Uint32Array.of(0, 1, 0, most);
    encoder.encode(record, Uint32Array.of(plan), CLOCK, spans, memory.subarray(32, 31 + most), tooFew);
    assert.deepEqual([...tooFew.subarray(0, 3)], [0, 1, 0]);
    encoder.clear();
  }
  assert.ok(kept > 100, `${kept} plans were taken`);
});
