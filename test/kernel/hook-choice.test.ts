import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { TcpAcceptError } from '../../src/errors.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { ownDescriptors } from './bpf-objects.ts';

const SETTINGS = { ringBytes: 1 << 16, self: 'none' } as const;

/** `opened`, or the error it was refused with. */
function outcomeOf(hook: Hook): 'opened' | TcpAcceptError {
  try {
    new AcceptTracer({ ...SETTINGS, hook }).close();
    return 'opened';
  } catch (error) {
    assert.ok(error instanceof TcpAcceptError);
    return error;
  }
}

test('syscall opens on every kernel', () => {
  assert.equal(outcomeOf('syscall'), 'opened');
});

test('kretprobe opens where the kernel has kprobes; elsewhere it is refused as not supported', () => {
  const outcome = outcomeOf('kretprobe');
  if (existsSync('/sys/bus/event_source/devices/kprobe')) return assert.equal(outcome, 'opened');
  assert.ok(outcome !== 'opened');
  assert.deepEqual([outcome.code, outcome.exitCode], ['ERR_BPF_HOOK', 77]);
});

test('a refused hook says so, exits 77 and leaves nothing open', () => {
  const before = ownDescriptors();
  for (const hook of HOOKS) {
    const outcome = outcomeOf(hook);
    if (outcome === 'opened') continue;
    assert.equal(outcome.exitCode, 77, outcome.message);
    assert.ok(outcome.operation);
  }
  assert.deepEqual(ownDescriptors(), before);
});

test('auto takes the first hook that opens and tells why each better one did not', () => {
  const outcomes = HOOKS.map((hook) => ({ hook, outcome: outcomeOf(hook) }));
  const first = outcomes.findIndex(({ outcome }) => outcome === 'opened');
  const tracer = new AcceptTracer({ ...SETTINGS, hook: 'auto' });
  tracer.close();
  assert.equal(tracer.hook, HOOKS[first]);
  assert.deepEqual(
    tracer.refused.map(({ hook, error }) => [hook, error.code, error.message]),
    outcomes
      .slice(0, first)
      .map(({ hook, outcome }) => [hook, ...(outcome === 'opened' ? [] : [outcome.code, outcome.message])]),
  );
});
