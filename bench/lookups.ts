/** What it costs to say who accepted, where that is known already: time, and bytes of the heap. */
import { mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CgroupTree } from '../src/identity/cgroup-tree.ts';
import { Identifier } from '../src/identity/identify.ts';
import { ProcessCache } from '../src/identity/process-cache.ts';
import { type Allocated, allocatedBytes } from './lookups/allocated-bytes.ts';
import { report } from './report.ts';
import { type Spread, spreadOf, spreadText } from './spread.ts';
import { BATCH_RECORDS, DrainedBatches } from './user-space/drained-batches.ts';

const ROUNDS = 7;
const TIMED_CALLS = 1_000_000;

export interface LookupCost {
  readonly lookup: string;
  readonly nanos: Spread;
  readonly bytes: Allocated;
}

/** What the last look gave: without somebody to give it to, the compiler leaves the look out. */
export let found: unknown;

/** Records as the kernel hands them over, of three processes in turn, all known. */
export function processLookup(): (calls: number) => void {
  const batch = new Identifier({ cache: new ProcessCache() }).identify(new DrainedBatches().next());
  return (calls) => {
    for (let call = 0; call < calls; call++) found = batch.view(call % BATCH_RECORDS).process;
  };
}

/** Two folders in turn, of a tree that was walked. */
export function cgroupLookup(): (calls: number) => void {
  const root = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-cgroups-'));
  const child = join(root, 'a');
  mkdirSync(child);
  const ids = [root, child].map((path) => statSync(path).ino);
  const tree = new CgroupTree(root);
  if (tree.pathOf(ids[1] ?? 0) !== '/a') throw new Error('the tree does not know its folder');
  for (const path of [child, root]) rmdirSync(path);
  return (calls) => {
    for (let call = 0; call < calls; call++) found = tree.pathOf(ids[call % 2] ?? 0);
  };
}

export function lookupCosts({ rounds = ROUNDS } = {}): LookupCost[] {
  const lookups = { 'a process, in ProcessCache': processLookup(), "a cgroup's path, in CgroupTree": cgroupLookup() };
  return Object.entries(lookups).map(([lookup, run]) => {
    const bytes = allocatedBytes(run);
    const nanos = Array.from({ length: rounds }, () => {
      const begun = performance.now();
      run(TIMED_CALLS);
      return ((performance.now() - begun) * 1e6) / TIMED_CALLS;
    });
    return { lookup, nanos: spreadOf(nanos), bytes };
  });
}

if (import.meta.main) {
  const results = lookupCosts();
  const rows = results.map(({ lookup, nanos, bytes }) => [lookup, spreadText(nanos, 0), bytes.median.toFixed(2)]);
  const table = { columns: ['a look at', 'ns', 'bytes of the heap'], rows };
  report({ name: 'lookups', question: 'Who accepted, where it is known already', table, results });
}
