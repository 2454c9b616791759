/** `npm run bench [-- NAME...]`: the benches by name, one after the other; all of them without a name. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';

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
const failed = (wanted.length > 0 ? wanted : known).filter(
  (name) => spawnSync(process.execPath, [`bench/${name}.ts`], { stdio: 'inherit' }).status !== 0,
);
process.exit(failed.length > 0 ? 1 : 0);
