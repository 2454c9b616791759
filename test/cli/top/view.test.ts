import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterKey, FIRST_VIEW, type Key, type View, visibleRows } from '../../../src/cli/top/view.ts';
import { topRow } from './top-rows.ts';

function press(keys: readonly (string | Key)[], from: View | undefined = FIRST_VIEW): View | undefined {
  return keys.reduce<View | undefined>(
    (view, key) => view && afterKey(view, typeof key === 'string' ? { name: key, sequence: key } : key),
    from,
  );
}

const ROWS = [
  topRow({ localPort: 80, perSecond: 1, queueLength: 8, queueLimit: 8, waitP99Ns: undefined, comm: 'Caddy' }),
  topRow({ localPort: 443, perSecond: 5, queueLength: 10, queueLimit: 511, waitP99Ns: 7, containerId: '0123456789ab' }),
  topRow({ localPort: 22, perSecond: 5, queueLength: undefined, queueLimit: undefined, waitP99Ns: 9, comm: 'sshd' }),
];

function ports(keys: readonly (string | Key)[]): number[] {
  const view = press(keys);
  assert.ok(view);
  return visibleRows(ROWS, view).map(({ localPort }) => localPort);
}

test('rows are sorted by rate at first, then as the last sort key says; equal ones by port', () => {
  assert.deepEqual(ports([]), [22, 443, 80]);
  assert.deepEqual(ports(['b']), [80, 443, 22]);
  assert.deepEqual(ports(['b', 'w']), [22, 443, 80]);
  assert.deepEqual(ports(['w', 'p']), [22, 80, 443]);
  assert.deepEqual(ports(['p', 'r', '?']), [22, 443, 80]);
});

test('a filter is typed after /, keeps rows that have its text in any column, and Esc drops it', () => {
  assert.deepEqual(ports(['/', 'c', 'a', 'd']), [80]);
  assert.deepEqual(ports(['/', '4', '4', '3', { name: 'return' }]), [443]);
  assert.deepEqual(ports(['/', '0', '1', '2', '3']), [443]);
  assert.deepEqual(ports(['/', 'q', 'x', { name: 'backspace' }, { name: 'backspace' }, 's', 's', 'h', 'd']), [22]);
  assert.deepEqual(ports(['/', 's', 's', 'h', 'd', { name: 'return' }, { name: 'escape' }]), [22, 443, 80]);
});

test('q and Ctrl-C end it; q is a letter while a filter is typed', () => {
  assert.equal(press(['q']), undefined);
  assert.equal(press(['/', { name: 'c', sequence: '\u0003', ctrl: true }]), undefined);
  assert.equal(press(['/', 'q'])?.filter, 'q');
});
