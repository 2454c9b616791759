import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.ts';

const COMMITTED = fileURLToPath(new URL('../../docs/kernel-matrix.md', import.meta.url));
const MADE = fileURLToPath(new URL('../../build/kernel-matrix.md', import.meta.url));
const COLUMNS = fileURLToPath(new URL('../../build/kernel-matrix/', import.meta.url));

const HEAD = `# What each hook reports, on each kernel

Made by \`npm test\`, committed by \`npm run matrix\`. A cell is connections made / reported; connections that are counted as
unreadable instead are in brackets. Columns are kernel and hook, or kernel and another tracer on the same connections
(bcc's tcpaccept and bpftrace's tcpaccept.bt, each while ours ran with fexit); of a connection reset before accept those show port 0.
`;

/** Cells by the case's title. */
export type Cells = Readonly<Record<string, string>>;

/** Keeps a column and makes the table under build/ of all columns kept so far. */
export function saveColumn(column: string, cells: Cells): void {
  mkdirSync(COLUMNS, { recursive: true });
  writeFileSync(`${COLUMNS}${column}.json`, JSON.stringify(cells));
  writeFileSync(MADE, tableOf(keptColumns()));
}

/** What was kept by earlier runs. */
export function forgetColumns(): void {
  rmSync(COLUMNS, { recursive: true, force: true });
}

/** Replaces the committed table by the one under build/. */
export function commitTable(): void {
  writeFileSync(COMMITTED, readFileSync(MADE));
}

/** Cells of a column that report less than the committed table says, or that are no longer there. */
export function worseCells(column: string, cells: Cells): string[] {
  const committed = committedCells(column);
  return Object.entries(committed)
    .filter(([title, cell]) => reportedShare(cells[title]) < reportedShare(cell))
    .map(([title, cell]) => `${title}: ${cells[title] ?? 'nothing'}, committed ${cell}`);
}

/** Not a number of a case that made nothing, or that is not there: that is worse than anything. */
function reportedShare(cell: string | undefined): number {
  const [made = 0, reported = 0] = (cell ?? '').match(/\d+/g)?.map(Number) ?? [];
  return made === 0 ? -1 : reported / made;
}

function keptColumns(): Map<string, Cells> {
  const columns = globSync(`${COLUMNS}*.json`).map((path): [string, Cells] => [
    path.slice(COLUMNS.length, -'.json'.length),
    JSON.parse(readFileSync(path, 'utf8')),
  ]);
  const order = new Intl.Collator('en', { numeric: true });
  return new Map(columns.sort(([one], [other]) => order.compare(one, other)));
}

function tableOf(columns: ReadonlyMap<string, Cells>): string {
  const head = ['case', ...columns.keys()];
  const rows = CASES.map(({ title }) => [title, ...[...columns.values()].map((cells) => cells[title] ?? '')]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => (cells[i] ?? '').length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return `${[HEAD, line(head), rule, ...rows.map(line)].join('\n')}\n`;
}

function committedCells(column: string): Cells {
  const rows = readFileSync(COMMITTED, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
  const at = rows[0]?.indexOf(column) ?? -1;
  if (at < 0) return {};
  return Object.fromEntries(rows.slice(2).map((cells) => [cells[0], cells[at] ?? '']));
}
