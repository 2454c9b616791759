/**
 * `npm run bench [-- NAME...]`: the benches by name, one after the other; all of them without a name. One that fails, or
 * takes longer than a quarter of an hour, leaves the results of the others alone.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';

const MOST_MILLIS = 900_000;
const NO_BENCH = ['alternate', 'built-command', 'report', 'run', 'spread'];

const known = globSync('bench/*.ts')
  .map((file) => basename(file, '.ts'))
  .filter((name) => !NO_BENCH.includes(name))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such bench: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}
const failed: string[] = [];
for (const name of wanted.length > 0 ? wanted : known) {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, [`bench/${name}.ts`], { stdio: 'inherit', timeout: MOST_MILLIS });
  if (status !== 0) failed.push(name);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(`${name}: ${status === 0 ? 'done' : 'failed'} after ${seconds} s\n\n`);
}
if (failed.length > 0)
  process.stderr.write(`failed, their results are those of an earlier run: ${failed.join(', ')}\n`);
process.exit(failed.length > 0 ? 1 : 0);
