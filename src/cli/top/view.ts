import type { TopRow } from './rows.ts';

/** How the screen is sorted and what it leaves out. */
export interface View {
  readonly sort: SortKey;
  /** Rows that have this text somewhere; empty keeps all. */
  readonly filter: string;
  /** The filter is being typed. */
  readonly isTyping: boolean;
}

/** What rows can be sorted by: its letter, its name, and which of two rows comes first. */
export const SORTS = {
  r: { name: 'rate', compare: descending((row) => row.perSecond) },
  b: { name: 'backlog', compare: descending((row) => fill(row)) },
  w: { name: 'wait', compare: descending((row) => row.waitP99Ns ?? -1) },
  p: { name: 'port', compare: (a: TopRow, b: TopRow) => a.localPort - b.localPort },
} as const;
export type SortKey = keyof typeof SORTS;

export const FIRST_VIEW: View = { sort: 'r', filter: '', isTyping: false };

/** The view after a key, named as node:readline names it; `undefined` when it ends the screen. */
export function afterKey(view: View, { name = '', sequence = '', ctrl = false }: Key): View | undefined {
  if (ctrl && (name === 'c' || name === 'd')) return undefined;
  if (view.isTyping) return typed(view, name, sequence);
  if (sequence === '/') return { ...view, isTyping: true, filter: '' };
  if (name === 'escape') return { ...view, filter: '' };
  if (sequence === 'q') return undefined;
  return isSortKey(sequence) ? { ...view, sort: sequence } : view;
}

export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

/** The rows of a view, in its order; of equal ones the lower port first. */
export function visibleRows(rows: readonly TopRow[], { sort, filter }: View): TopRow[] {
  const { compare } = SORTS[sort];
  return rows
    .filter((row) => textOf(row).includes(filter.toLowerCase()))
    .sort((a, b) => compare(a, b) || SORTS.p.compare(a, b));
}

function typed(view: View, name: string, sequence: string): View {
  if (name === 'return' || name === 'enter') return { ...view, isTyping: false };
  if (name === 'escape') return { ...view, isTyping: false, filter: '' };
  if (name === 'backspace') return { ...view, filter: view.filter.slice(0, -1) };
  return /^[\x20-\x7e]$/.test(sequence) ? { ...view, filter: view.filter + sequence } : view;
}

function textOf({ localAddress, localPort, comm, pid, containerId = '', topPeer = '' }: TopRow): string {
  return `${localAddress} ${localPort} ${comm} ${pid} ${containerId} ${topPeer}`.toLowerCase();
}

/** Of the queue; a full one first, whatever its size. */
function fill({ queueLength = 0, queueLimit = 0 }: TopRow): number {
  return queueLength / Math.max(1, queueLimit);
}

function descending(value: (row: TopRow) => number): (a: TopRow, b: TopRow) => number {
  return (a, b) => value(b) - value(a);
}

function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(SORTS, text);
}
