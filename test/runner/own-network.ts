import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Tally, Tier } from './tiers.ts';

const TIER_PROCESS = fileURLToPath(new URL('tier-process.ts', import.meta.url));
const IN_OWN_NETWORK = fileURLToPath(new URL('own-network.sh', import.meta.url));

/** Runs one tier in a network namespace of its own, once what it needs is there. Needs root. */
export async function runTierInOwnNetwork(name: string, { needs = [] }: Tier): Promise<Tally> {
  for (const [script, ...args] of needs) {
    const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
    const { status, error } = spawnSync(path, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status === 0) continue;
    process.stdout.write(`✖ ${name}: ${[script, ...args].join(' ')} ended with ${error?.message ?? status}\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const env = { ...process.env, TEST_NODE: process.execPath };
  const child = fork(TIER_PROCESS, [name], { execPath: IN_OWN_NETWORK, env });
  let tally: Tally | undefined;
  child.on('message', (sent: Tally) => {
    tally = sent;
  });
  const [code, signal] = await once(child, 'exit');
  if (tally) return tally;
  process.stdout.write(`✖ ${name}: ended with ${signal ?? code} before its tests did\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}
