/**
 * The ledger: every accept counted once at each stage, by what became of it.
 *
 * Its identities (DESIGN section 4), whose names are used everywhere:
 *   kernel: seen = filtered + self + aggregated + ring_full + unreadable + submitted
 *   user:   submitted = in_ring + drained, aggregated = in_summaries + summarized
 *   export: drained + reports + recovered = delivered + rejected + dropped + evicted + spooled + queued + unexported
 *   print:  drained = printing + printed + unprinted
 *   in accepts, once nothing is queued or spooled: drained + summarized - those the endpoint was told of
 *           = rejected_accepts + dropped_accepts + evicted_accepts
 *   ends:   connections = connections_forgotten + connections_closed_early + connections_open + ends_ring_full +
 *           ends_submitted, ends_submitted = ends_in_ring + ends_drained
 *   spans:  span_candidates = unsampled + spans_queued + spans_delivered + spans_dropped
 * In an application's plugin the ledger ends at `emitted`: drained = emitted + dropped.
 */
export const LEDGER_NAMES = [
  'seen',
  'filtered',
  'self',
  'aggregated',
  'ring_full',
  'unreadable',
  'submitted',
  'missed',
  'unstamped',
  'in_ring',
  'drained',
  'in_summaries',
  'summarized',
  'coarsened',
  'reports',
  'recovered',
  'delivered',
  'rejected',
  'dropped',
  'evicted',
  'rejected_accepts',
  'dropped_accepts',
  'evicted_accepts',
  'spooled',
  'queued',
  'unexported',
  'emitted',
  'printing',
  'printed',
  'unprinted',
  'connections',
  'connections_forgotten',
  'connections_closed_early',
  'connections_open',
  'ends_ring_full',
  'ends_submitted',
  'ends_in_ring',
  'ends_drained',
  'span_candidates',
  'unsampled',
  'spans_queued',
  'spans_delivered',
  'spans_dropped',
] as const;
export type LedgerName = (typeof LEDGER_NAMES)[number];
/** What each name counts, in one phrase; all are counts of accepts since the start. */
export const LEDGER_BRIEFS: Readonly<Record<LedgerName, string>> = {
  seen: 'TCP accepts the hook saw',
  filtered: 'not wanted by a filter, decided in the kernel',
  self: "the tracer's own connections to its endpoint",
  aggregated: 'counted in a summary instead of a record',
  ring_full: 'lost because the ring was full',
  unreadable: 'lost because the accepted socket could not be reached',
  submitted: 'records put into the ring',
  missed: 'accepts the kernel says its probes missed: never seen, so in no sum',
  unstamped:
    'changes of TCP state the kernel could not show us, and times of handshakes given up for want of room: a record may lack its queue time or cookie, or be of our own connection, or a connection stay open in the ledger; in no sum',
  in_ring: 'records still in the ring',
  drained: 'records read from the ring',
  in_summaries: 'accepts counted in the kernel, and not told of yet',
  summarized: 'accepts told of in summaries (`tcpaccept.connections.summarized`)',
  coarsened: 'of those, the ones without their client or process, because the kernel had room for no more of them',
  reports: 'records made here, which are summaries and losses, and exported like the others',
  recovered: 'records found in the spool at the start, of earlier runs',
  delivered: 'records the endpoint took',
  rejected: 'records the endpoint refused, by an error or a partial success',
  dropped: 'records given up: the queue was full, or the endpoint could not be reached in time',
  evicted: 'records pushed out of the spool by its limits of size and age',
  rejected_accepts:
    'accepts that `rejected` stands for: the record of one is one, a summary is as many as it counts, other records are none; of a partial success, which names no records, the most it can be',
  dropped_accepts: 'accepts that `dropped` stands for, in the same way; a damaged spool counts one for each record',
  evicted_accepts: 'accepts that `evicted` stands for, in the same way',
  spooled: 'records on disk now, for later',
  queued: 'records on their way',
  unexported: 'records not exported because export is off',
  emitted: "records handed to an application's logger (plugin only)",
  printing: 'rows on their way to stdout',
  printed: 'rows that stdout took',
  unprinted: 'rows not printed: --output none, a slow or closed stdout, or more than --count',
  connections: 'records put into the ring with `--connections`, each of a connection to follow to its end',
  connections_forgotten: 'of those, the ones the kernel had no room to remember: their ends are not seen',
  connections_closed_early: 'of those, the ones their clients had reset before accept returned: they have no life',
  connections_open: 'of those, the ones that have not ended',
  ends_ring_full: 'ends of connections lost because their ring was full',
  ends_submitted: 'ends of connections put into their ring',
  ends_in_ring: 'ends still in their ring',
  ends_drained: 'ends read from their ring',
  span_candidates: 'records, and ends of connections, drained while traces are exported',
  unsampled:
    'of those, the ones without a span: not sampled, over the limit, or how long they were queued is unknown; ends of connections whose accept has none',
  spans_queued: 'spans on their way',
  spans_delivered: 'spans the endpoint took',
  spans_dropped:
    'spans the endpoint refused, or that were given up: the queue was full, or it could not be reached in time',
};

/** What a count is called as an OpenTelemetry metric; counts that only add up are counters, others go up and down. */
export interface LedgerMetric {
  readonly name: `tcpaccept.${string}`;
  readonly unit: '{accept}' | '{record}' | '{change}' | '{span}' | '{connection}';
  readonly kind: 'counter' | 'updowncounter';
  /** Where several counts make one metric: what it counts, and the attributes that tell them apart. */
  readonly shared?: { readonly brief: string; readonly attributes: Readonly<Record<string, string>> };
}

/** The metric of each count; `undefined`: none. Queues are named as OpenTelemetry's SDKs name theirs. */
export const LEDGER_METRICS: Readonly<Record<LedgerName, LedgerMetric | undefined>> = {
  seen: accepts('seen'),
  filtered: accepts('filtered'),
  self: accepts('self'),
  aggregated: accepts('aggregated'),
  ring_full: lost('ring_full'),
  unreadable: lost('unreadable'),
  submitted: records('submitted'),
  missed: lost('missed'),
  unstamped: { name: 'tcpaccept.state_changes.skipped', unit: '{change}', kind: 'counter' },
  in_ring: waiting('ring'),
  drained: records('drained'),
  in_summaries: { name: 'tcpaccept.summaries.size', unit: '{accept}', kind: 'updowncounter' },
  summarized: accepts('summarized'),
  coarsened: accepts('coarsened'),
  reports: records('reports'),
  recovered: records('recovered'),
  delivered: records('delivered'),
  rejected: lost('rejected'),
  dropped: lost('dropped'),
  evicted: lost('evicted'),
  rejected_accepts: lostAccepts('rejected'),
  dropped_accepts: lostAccepts('dropped'),
  evicted_accepts: lostAccepts('evicted'),
  spooled: waiting('spool'),
  queued: waiting('queue'),
  unexported: records('unexported'),
  emitted: undefined,
  printing: waiting('print'),
  printed: records('printed'),
  unprinted: records('unprinted'),
  connections: connections('followed', 'counter'),
  connections_forgotten: connections('forgotten', 'counter'),
  connections_closed_early: connections('closed_early', 'counter'),
  connections_open: connections('open', 'updowncounter'),
  ends_ring_full: connections('ends_lost', 'counter'),
  ends_submitted: connections('ended', 'counter'),
  ends_in_ring: connections('ends_ring.size', 'updowncounter'),
  ends_drained: connections('ends_drained', 'counter'),
  span_candidates: accepts('span_candidates'),
  unsampled: accepts('unsampled'),
  spans_queued: { name: 'tcpaccept.span_queue.size', unit: '{span}', kind: 'updowncounter' },
  spans_delivered: spans('delivered'),
  spans_dropped: spans('dropped'),
};

function accepts(name: string): LedgerMetric {
  return { name: `tcpaccept.accepts.${name}`, unit: '{accept}', kind: 'counter' };
}

function connections(name: string, kind: LedgerMetric['kind']): LedgerMetric {
  return { name: `tcpaccept.connections.${name}`, unit: '{connection}', kind };
}

function records(name: string): LedgerMetric {
  return { name: `tcpaccept.records.${name}`, unit: '{record}', kind: 'counter' };
}

function spans(name: string): LedgerMetric {
  return { name: `tcpaccept.spans.${name}`, unit: '{span}', kind: 'counter' };
}

function waiting(where: string): LedgerMetric {
  return { name: `tcpaccept.${where}.size`, unit: '{record}', kind: 'updowncounter' };
}

function lost(cause: string): LedgerMetric {
  const brief = 'accepts of which no record arrives, by cause';
  return { ...records('lost'), shared: { brief, attributes: { 'tcpaccept.loss.cause': cause } } };
}

function lostAccepts(cause: string): LedgerMetric {
  const brief = 'accepts that lost records stood for, by cause';
  return { ...accepts('lost'), shared: { brief, attributes: { 'tcpaccept.loss.cause': cause } } };
}

export type LedgerCounts = Readonly<Record<LedgerName, number>>;

/** What becomes of an accept in the kernel. */
const KERNEL_FATES = ['filtered', 'self', 'aggregated', 'ring_full', 'unreadable', 'submitted'] as const;
/** What becomes of a connection that is followed. */
const CONNECTION_FATES = [
  'connections_forgotten',
  'connections_closed_early',
  'connections_open',
  'ends_ring_full',
  'ends_submitted',
] as const;
/** What becomes of a record that is to be exported. */
export const EXPORT_FATES = ['delivered', 'rejected', 'dropped', 'evicted', 'spooled', 'queued', 'unexported'] as const;

/** Which sums must hold: those of the two sides are equal. */
export const LEDGER_IDENTITIES: readonly (readonly [readonly LedgerName[], readonly LedgerName[]])[] = [
  [['seen'], KERNEL_FATES],
  [['submitted'], ['in_ring', 'drained']],
  [['aggregated'], ['in_summaries', 'summarized']],
  [['drained', 'reports', 'recovered'], EXPORT_FATES],
  [['drained'], ['printing', 'printed', 'unprinted']],
  [['connections'], CONNECTION_FATES],
  [['ends_submitted'], ['ends_in_ring', 'ends_drained']],
  [['span_candidates'], ['unsampled', 'spans_queued', 'spans_delivered', 'spans_dropped']],
];

/** Counts, kept exact by those who move them; counts are numbers, exact to 2^53. */
export class Ledger {
  readonly #counts: Record<LedgerName, number>;

  constructor() {
    this.#counts = Object.fromEntries(LEDGER_NAMES.map((name) => [name, 0])) as Record<LedgerName, number>;
  }

  /** Adds `count` to a name; negative to take back (`queued`, `spooled`, `printing` and `spans_queued` go down this way). */
  add(name: LedgerName, count: number): void {
    this.#counts[name] += count;
  }

  /**
   * Takes over the kernel's counters, read while programs may be running on other CPUs: an accept that is being decided
   * on is not counted yet, nor is a record that came after the counters were read.
   */
  setRunning(kernel: Partial<LedgerCounts>): void {
    this.setFinal(kernel);
    this.#counts.seen = this.#sum(KERNEL_FATES);
    this.#counts.connections = this.#sum(CONNECTION_FATES);
    this.#counts.in_ring = this.#counts.submitted - this.#counts.drained;
    this.#counts.ends_in_ring = this.#counts.ends_submitted - this.#counts.ends_drained;
    this.#counts.in_summaries = this.#counts.aggregated - this.#counts.summarized;
  }

  /** Takes over the kernel's counters when nothing moves them any more: each as it was counted. */
  setFinal(kernel: Partial<LedgerCounts>): void {
    Object.assign(this.#counts, kernel);
  }

  #sum(names: readonly LedgerName[]): number {
    return names.reduce((sum, name) => sum + this.#counts[name], 0);
  }

  get(name: LedgerName): number {
    return this.#counts[name];
  }

  /** A copy of every count. */
  counts(): LedgerCounts {
    return { ...this.#counts };
  }

  /** The exit line's text: every name that moved, and always the ones that say how complete the run was. */
  toLine(): string {
    const always = new Set<LedgerName>(['seen', 'filtered', 'ring_full', 'submitted', 'missed', 'drained']);
    return LEDGER_NAMES.filter((name) => always.has(name) || this.#counts[name] !== 0)
      .map((name) => `${name}=${this.#counts[name]}`)
      .join(' ');
  }
}
