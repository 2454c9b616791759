import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptCost, addedCostTable } from '../../bench/accept-cost.ts';
import { otherSyscalls } from '../../bench/other-syscalls.ts';
import { writeSources } from '../../bench/programs/build-variant.ts';
import { EMPTY } from '../../bench/programs/variants.ts';
import { EVERY_VARIANT, type ProgramCost, programCosts } from '../../bench/programs.ts';

const ROUNDS = 2;
const MOST_TRIES = 20;

test('accept-cost: a row for every tracing, with a figure of every round', async () => {
  const { costs, rounds } = await acceptCost({ rounds: ROUNDS, warmups: 0, calls: 500 });
  assert.equal(rounds, ROUNDS);
  const { columns, rows } = addedCostTable(costs);
  assert.deepEqual(
    rows.map(([name]) => name),
    ['untraced', 'every attribute', 'summary mode', 'filtered out'],
  );
  for (const row of rows) {
    assert.equal(row.length, columns.length);
    assert.doesNotMatch(row.join(' '), /NaN/);
  }
});

test('other-syscalls: the hook costs other system calls something', async () => {
  const { costs } = await otherSyscalls({ rounds: ROUNDS, warmups: 0, calls: 500 });
  assert.deepEqual(
    costs.map(({ name }) => name),
    ['untraced', 'syscall hook'],
  );
  const added = costs[1]?.addedNs.median ?? Number.NaN;
  assert.ok(Number.isFinite(added), `${added}`);
});

test('programs: the accept program runs once a connection, that of changed states several times', async () => {
  let costs: ProgramCost[] = [];
  // A round in which others on this host accept is not kept.
  for (let tried = 0; costs.length === 0 && tried < MOST_TRIES; tried++) {
    costs = (await programCosts({ rounds: 1, calls: 1000, variants: [EMPTY] })).filter(
      ({ build }) => build !== EMPTY.name,
    );
  }
  const runs = (program: string) => costs.find((cost) => cost.program === program)?.runsOfAConnection.median ?? 0;
  const accepts = runs('accept4_syscall');
  assert.ok(accepts >= 0.99 && accepts < 1.2, `${accepts}`);
  assert.ok(runs('socket_state_changed') > accepts, JSON.stringify(costs));
  for (const { nsOfARun } of costs) assert.ok(nsOfARun.min > 0);
});

test('programs: what a variant changes is still there', () => {
  for (const variant of EVERY_VARIANT) writeSources(variant);
});
