import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OpenRequest, WaitingRequests } from '../../../src/export/transport/waiting-requests.ts';

/** Offered at `offeredAt`, which names it; tried again from `notBefore` on, or never tried. */
function request(offeredAt: number, notBefore?: number): OpenRequest {
  const tries = notBefore === undefined ? 0 : 1;
  const firstTriedAt = notBefore === undefined ? undefined : offeredAt;
  return { body: new Uint8Array(), records: 1, offeredAt, tries, firstTriedAt, notBefore: notBefore ?? 0 };
}

function waiting(...requests: readonly OpenRequest[]): WaitingRequests {
  const all = new WaitingRequests();
  for (const one of requests) all.add(one);
  return all;
}

/** Takes until there is nothing. */
function takeAllAt(all: WaitingRequests, now: number, isProbe: boolean): (number | undefined)[] {
  const taken: (number | undefined)[] = [];
  for (let next = all.take(now, isProbe); next; next = all.take(now, isProbe)) taken.push(next.offeredAt);
  return taken;
}

test('what is due again goes first, in the order it is due, then the untried in theirs; what is not due stays', () => {
  const all = waiting(request(4), request(1, 60), request(2, 50), request(3, 101), request(5));
  assert.deepEqual(takeAllAt(all, 100, false), [2, 1, 4, 5]);
  assert.deepEqual([all.size, all.dueAt], [1, 101]);
});

test('a probe is one that was never tried, if there is one', () => {
  assert.deepEqual(takeAllAt(waiting(request(4), request(1, 60), request(5)), 100, true), [4, 5, 1]);
});

test('something is due now with an untried one, at some time with others, and never with none', () => {
  assert.equal(waiting(request(1, 60), request(2)).dueAt, Number.NEGATIVE_INFINITY);
  assert.equal(waiting(request(1, 60), request(2, 50)).dueAt, 50);
  assert.equal(waiting().dueAt, Number.POSITIVE_INFINITY);
});

test('the oldest is among the tried, then the first of the others', () => {
  const all = waiting(request(7), request(3, 60), request(2, 90), request(8));
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => all.takeOldest()?.offeredAt),
    [2, 3, 7, 8, undefined],
  );
});

test('what has expired leaves, and the next expiry is that of what stays', () => {
  const expiresAt = ({ offeredAt }: OpenRequest) => offeredAt + 10;
  const all = waiting(request(5), request(1, 60), request(6), request(9), request(4, 60), request(3, 60));
  assert.equal(all.nextExpiry(expiresAt), 11);
  assert.deepEqual(
    all.takeExpired(16, expiresAt).map(({ offeredAt }) => offeredAt),
    [1, 4, 3, 5, 6],
  );
  assert.equal(all.nextExpiry(expiresAt), 19);
  assert.deepEqual(
    all.takeExpired(99, expiresAt).map(({ offeredAt }) => offeredAt),
    [9],
  );
  assert.equal(all.nextExpiry(expiresAt), Number.POSITIVE_INFINITY);
});

test('in a hurry everything is due', () => {
  const all = waiting(request(1, 1e9), request(2, 1e9));
  all.hurry();
  assert.deepEqual(takeAllAt(all, 0, false), [1, 2]);
});
