import assert from 'node:assert/strict';

/** Waits, turn by turn of the event loop, until it holds; fails after 20 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `20 s passed before ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
