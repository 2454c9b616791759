/** Runs the tier that its argument names, and sends the tally to the process that forked it. */
import { runTier, TIERS } from './tiers.ts';

const [name = ''] = process.argv.slice(2);
const tier = TIERS[name];
if (!tier) throw new Error(`no such tier: ${name}`);
process.send?.(await runTier(name, tier), () => process.exit(0));
