import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';

export interface Report {
  /** The bench's, and its file's. */
  readonly name: string;
  readonly question: string;
  readonly table: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** Whatever else the JSON should have. */
  readonly results: unknown;
}

/** What `bench/results/NAME.json` holds. */
export interface Written<Results> {
  readonly question: string;
  readonly host: {
    readonly kernel: string;
    readonly cpu?: string;
    readonly cpus: number;
    readonly node: string;
    readonly commit?: string;
    /** Of the last minute, the bench's own included: above the number of CPUs the machine was busy with other things. */
    readonly load: number;
  };
  readonly table: Report['table'];
  readonly results: Results;
}

const FOLDER = new URL('results/', import.meta.url);

/** What was measured: results and pages made of them are no part of that. */
function commitText(): string {
  const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', '.', ':!bench/results', ':!docs');
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : ' and changes');
}

/** Prints the table, median (min - max), and writes `bench/results/NAME.json` with what it was measured on. */
export function report({ name, question, table, results }: Report): void {
  const host = {
    kernel: release(),
    cpu: cpus()[0]?.model.trim(),
    cpus: cpus().length,
    node: process.version,
    commit: commitText(),
    load: Number(loadavg()[0]?.toFixed(1)),
  };
  const lines = [table.columns, table.columns.map(() => '---'), ...table.rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  process.stdout.write(`${question}: median (min - max); ${JSON.stringify(host)}\n${lines.join('\n')}\n`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(
    new URL(`${name}.json`, FOLDER),
    `${JSON.stringify({ question, host, table, results }, undefined, 2)}\n`,
  );
}
