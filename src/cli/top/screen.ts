import stringWidth from 'string-width';
import { printable } from '../../output/printable.ts';
import type { TopRow } from './rows.ts';
import { SORTS, type View, visibleRows } from './view.ts';

/** What the top line tells beside the rows. */
export interface Summary {
  readonly hook: string;
  readonly clock: string;
  readonly perSecond: number;
  /** Accepts that were seen and are in no row, since the start. */
  readonly lost: number;
}

interface Column {
  readonly heading: string;
  readonly width: number;
  /** Numbers stand at the right of their column. */
  readonly isNumber?: true;
  readonly text: (row: TopRow) => string;
}

const NOTHING = '-';

const COLUMNS: readonly Column[] = [
  { heading: 'LPORT', width: 5, isNumber: true, text: (row) => `${row.localPort}` },
  { heading: 'LADDR', width: 15, text: (row) => row.localAddress },
  { heading: 'ACC/S', width: 7, isNumber: true, text: (row) => rate(row.perSecond) },
  { heading: 'QUEUE', width: 6, isNumber: true, text: (row) => `${row.queueLength ?? NOTHING}` },
  { heading: 'LIMIT', width: 6, isNumber: true, text: (row) => `${row.queueLimit ?? NOTHING}` },
  { heading: 'P50', width: 6, isNumber: true, text: (row) => duration(row.waitP50Ns) },
  { heading: 'P99', width: 6, isNumber: true, text: (row) => duration(row.waitP99Ns) },
  { heading: 'PEERS', width: 5, isNumber: true, text: (row) => `${row.peers || NOTHING}` },
  { heading: 'TOP PEER', width: 15, text: (row) => row.topPeer ?? NOTHING },
  { heading: 'PROCESS', width: 24, text: processText },
  { heading: 'CONTAINER', width: 12, text: (row) => row.containerId?.slice(0, 12) ?? NOTHING },
];

/** The screen's lines, no wider and no more than it holds. */
export function screenLines(
  rows: readonly TopRow[],
  view: View,
  summary: Summary,
  { columns, lines }: { readonly columns: number; readonly lines: number },
): string[] {
  const visible = visibleRows(rows, view);
  const room = Math.max(0, lines - 3);
  const hidden = visible.length - room;
  const shown = hidden > 0 ? visible.slice(0, room - 1) : visible;
  return [
    titleLine(rows, summary),
    helpLine(view),
    tableLine(COLUMNS.map(({ heading }) => heading)),
    ...shown.map((row) => tableLine(COLUMNS.map(({ text }) => text(row)))),
    ...(hidden > 0 ? [`and ${visible.length - shown.length} more`] : []),
  ]
    .slice(0, lines)
    .map((line) => cut(line, columns));
}

function titleLine(rows: readonly TopRow[], { hook, clock, perSecond, lost }: Summary): string {
  return `otel-tcpaccept top - ${clock}, ${rows.length} listeners, ${rate(perSecond)} accepts/s, hook ${hook}, ${lost} lost`;
}

function helpLine({ sort, filter, isTyping }: View): string {
  if (isTyping) return `filter: ${filter}_  (Enter keeps it, Esc drops it)`;
  const keys = Object.entries(SORTS).map(([key, { name }]) => (key === sort ? `[${key} ${name}]` : `${key} ${name}`));
  return `sort: ${keys.join('  ')}   / filter${filter && ` (${filter})`}   q quit`;
}

function tableLine(cells: readonly string[]): string {
  return cells.map((cell, index) => fitted(cell, COLUMNS[index])).join(' ');
}

/** The last column ends the line, and is as wide as it is. */
function fitted(text: string, column: Column | undefined): string {
  if (!column) return text;
  const { width, isNumber } = column;
  const gap = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return isNumber ? gap + text : cut(text, width) + gap;
}

function processText({ comm, pid, processes }: TopRow): string {
  if (pid === 0) return NOTHING;
  return `${printable(comm, 15)}[${pid}]${processes > 1 ? ` +${processes - 1}` : ''}`;
}

function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

/** Three digits at most, and a unit. */
function duration(ns: number | undefined): string {
  if (ns === undefined) return NOTHING;
  if (ns < 999_500) return `${(ns / 1e3).toPrecision(ns < 10_000 ? 2 : 3)}us`;
  if (ns < 999_500_000) return `${Number((ns / 1e6).toPrecision(3))}ms`;
  return `${Number((ns / 1e9).toPrecision(3))}s`;
}

/** At most so many terminal columns; a wide character counts as two. */
function cut(text: string, columns: number): string {
  let width = 0;
  let end = '';
  for (const character of text) {
    width += stringWidth(character);
    if (width > columns) break;
    end += character;
  }
  return end;
}
