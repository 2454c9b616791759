import { KERNEL_COUNTERS, type KernelCounter } from './record-layout.ts';

/** What of those is in no sum. */
const BESIDE_SUMS = ['missed', 'unstamped'] as const;

/** Records in the ring speak for themselves, and so do accepts in summaries. */
const SPEAKING = ['seen', 'submitted', 'aggregated'] as const;

/** The counters of which a reader keeps how far it told of them. */
export const NOTED = [
  ...KERNEL_COUNTERS.filter((name) => !(SPEAKING as readonly string[]).includes(name)),
  ...BESIDE_SUMS,
] as readonly NotedName[];
export type NotedName = Exclude<KernelCounter, (typeof SPEAKING)[number]> | (typeof BESIDE_SUMS)[number];

/** How many of the accepts seen they stand for. */
export function noted(counts: NotedCounts): number {
  const beside: readonly NotedName[] = BESIDE_SUMS;
  return NOTED.reduce((sum, name) => (beside.includes(name) ? sum : sum + counts[name]), 0);
}
export type NotedCounts = Readonly<Record<NotedName, number>>;

/** Length of the kernel's `reader_notes`: `TCPACCEPT_NOTES` of bpf/event.h. */
export const NOTES_LENGTH = 16;

/**
 * What readers of the same pins leave to each other, as counted since the maps were made.
 *
 * Two steps, so that no loss goes untold and none is told of twice under two names: `telling` is written before a loss
 * is told of, `told` once that is safe. What lies between the two at a start is told of again, as it was.
 */
export interface ReaderNotes {
  readonly told: NotedCounts;
  readonly telling: NotedCounts;
  /** When `told` was true; 0 before the first time. */
  readonly toldUnixNs: bigint;
}

const TELLING_AT = NOTED.length;
const TOLD_UNIX_NS_AT = 2 * NOTED.length;

export function readNotes(words: BigUint64Array): ReaderNotes {
  return {
    told: countsFrom((i) => words[i]),
    telling: countsFrom((i) => words[TELLING_AT + i]),
    toldUnixNs: words[TOLD_UNIX_NS_AT] ?? 0n,
  };
}

export function writeNotes({ told, telling, toldUnixNs }: ReaderNotes): BigUint64Array {
  const words = new BigUint64Array(NOTES_LENGTH);
  for (const [i, name] of NOTED.entries()) {
    words[i] = BigInt(told[name]);
    words[TELLING_AT + i] = BigInt(telling[name]);
  }
  words[TOLD_UNIX_NS_AT] = toldUnixNs;
  return words;
}

function countsFrom(word: (index: number) => bigint | undefined): NotedCounts {
  return Object.fromEntries(NOTED.map((name, i) => [name, Number(word(i) ?? 0n)])) as NotedCounts;
}
