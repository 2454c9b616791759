import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.ts';

const COMMITTED = fileURLToPath(new URL('../../docs/kernel-matrix.md', import.meta.url));
const MADE = fileURLToPath(new URL('../../build/kernel-matrix.md', import.meta.url));
const COLUMNS = fileURLToPath(new URL('../../build/kernel-matrix/', import.meta.url));

const HEAD = `# What each hook reports, on each kernel

Made by \`npm test\`, committed by \`npm run matrix\`. A cell is connections made / reported; connections that are counted as
unreadable instead are in brackets. Columns are kernel and hook, or kernel and another tracer on the same connections
(bcc's tcpaccept and bpftrace's tcpaccept.bt, each while ours ran with fexit).
`;

/** Cells by the case's title. */
export type Cells = Readonly<Record<string, string>>;

/** Keeps a column and makes the table under build/ of all columns kept so far. */
export function saveColumn(column: string, cells: Cells): void {
  mkdirSync(COLUMNS, { recursive: true });
  writeFileSync(`${COLUMNS}${column}.json`, JSON.stringify(cells));
  writeFileSync(MADE, tableOf(keptColumns()));
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
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = CASES.map(({ title }) => [title, ...[...columns.values()].map((cells) => cells[title] ?? '')]);
  const head = ['case', ...columns.keys()];
  return `${[HEAD, line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')}\n`;
}

function committedCells(column: string): Cells {
  const rows = readFileSync(COMMITTED, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '));
  const at = rows[0]?.indexOf(column) ?? -1;
  if (at < 0) return {};
  return Object.fromEntries(rows.slice(1).map((cells) => [cells[0], cells[at] ?? '']));
}
