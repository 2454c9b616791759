/**
 * The one test command: `run.ts [checks|unit|kernel|collector|backends|bench|vm|slow]...`, all but `slow` without a name.
 *
 * Ends with `N passed, N failed, N skipped` and exits 1 when anything failed or a tier ran no test.
 */
import { fileURLToPath } from 'node:url';
import { runChecks } from './runner/checks.ts';
import { runTierInOwnNetwork } from './runner/own-network.ts';
import { ONLY_WHEN_NAMED, runTier, type Tally, TIERS } from './runner/tiers.ts';

/** Each file's process, what it starts and guests find here what Node.js made of a source: removing types is slow. */
process.env['NODE_COMPILE_CACHE'] = fileURLToPath(new URL('../build/compile-cache', import.meta.url));

const known = ['checks', ...Object.keys(TIERS)];
const usual = known.filter((name) => !ONLY_WHEN_NAMED.includes(name));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such tier: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const name of wanted.length > 0 ? wanted : usual) {
  const tally = await run(name);
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed > 0 ? 1 : 0);

async function run(name: string): Promise<Tally> {
  const tier = TIERS[name];
  if (!tier) return runChecks();
  return tier.ownNetwork ? runTierInOwnNetwork(name, tier) : runTier(name, tier);
}
