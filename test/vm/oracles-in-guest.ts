/**
 * Runs inside a guest: every case under fexit while other tracers watch, and the rows of each as one JSON file.
 *
 * Usage: oracles-in-guest.ts RESULT_FILE TOOL... (bcc, bpftrace). Needs root, the tools, and for bcc the headers.
 */
import { writeFileSync } from 'node:fs';
import { TableRows } from '../../src/output/table.ts';
import { CASES_HERE, startSleepers, type TracedCase, traceCases } from '../workload/trace-cases.ts';
import { Oracle, type OracleRow, oracleRow, TOOLS, type ToolName } from './oracle.ts';

/** The rows of one case, sorted. */
export interface WatchedCase {
  readonly title: string;
  readonly made: number;
  readonly ours: readonly OracleRow[];
  readonly theirs: Readonly<Partial<Record<ToolName, readonly OracleRow[]>>>;
}

const [resultFile = '/dev/stdout', ...names] = process.argv.slice(2);
const tools = names as ToolName[];

const sleepers = await startSleepers();
const oracles = new Map<ToolName, Oracle>();
for (const name of tools) oracles.set(name, await Oracle.start(name));
const traced = await traceCases('fexit', CASES_HERE, sleepers);
for (const oracle of oracles.values()) await oracle.end();
writeFileSync(resultFile, JSON.stringify(traced.map(watched)));
process.exit(0);

function watched({ result, truth, records }: TracedCase): WatchedCase {
  const pids = new Set(truth.accepted.map(({ pid }) => `${pid}`));
  const ofCase = (rows: readonly OracleRow[]) => rows.filter((row) => pids.has(row.split(' ')[0] ?? '')).sort();
  const table = new TableRows({ time: false, timestamp: false });
  const ours = records.map((connection) =>
    oracleRow(table.row({ connection, process: undefined, uid: '' }).trim().split(/\s+/), TOOLS.bcc.columns),
  );
  const theirs = Object.fromEntries([...oracles].map(([name, { rows }]) => [name, ofCase(rows)]));
  return { title: result.title, made: result.made, ours: ofCase(ours), theirs };
}
