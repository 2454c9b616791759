import type { ListenerRecord } from '../record/listener-record.ts';
import { printable } from './printable.ts';

/** A column: its heading, its width, and what it shows of a listener. Wider text moves the rest to the right. */
type Column = readonly [heading: string, width: number, text: (record: ListenerRecord) => string];

/** The first seven are tcpaccept(8)'s where it has them. */
const COLUMNS: readonly Column[] = [
  ['PID', 7, ({ listener }) => `${listener.owners[0].pid}`],
  ['COMM', 12, ({ listener }) => printable(listener.owners[0].comm, 12)],
  ['IP', 2, ({ listener }) => (listener.socketFamily === 'inet6' ? '6' : '4')],
  ['LADDR', 16, ({ listener }) => listener.localAddress],
  ['LPORT', 5, ({ listener }) => `${listener.localPort}`],
  ['QUEUE', 5, ({ listener }) => `${listener.queueLength}`],
  ['LIMIT', 5, ({ listener }) => `${listener.queueLimit}`],
  ['PROCS', 5, ({ listener }) => `${listener.owners.length}`],
  ['GROUP', 5, ({ listener }) => `${listener.reuseportGroup ?? '-'}`],
  ['NETNS', 10, ({ listener }) => `${listener.networkNamespace}`],
  ['CONTAINER', 12, ({ process }) => process?.containerId?.slice(0, 12) ?? '-'],
];

/** The header line, without a line end. */
export function listenersHeader(): string {
  return line(COLUMNS.map(([heading]) => heading));
}

/** One row, without a line end. GROUP numbers the SO_REUSEPORT groups; PID and COMM are of the owner with the lowest pid. */
export function listenersRow(record: ListenerRecord): string {
  return line(COLUMNS.map(([, , text]) => text(record)));
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0))
    .join(' ')
    .trimEnd();
}
