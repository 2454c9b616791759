import type { Listener } from '../../kernel/listener.ts';
import type { ListenerRecord } from '../../record/listener-record.ts';
import { type AcceptWindow, keyOf, type Place, type PlaceAccepts } from './accept-window.ts';

const NOWHERE: Place = { networkNamespace: 0, localAddress: '', localPort: 0 };

/** One line of the screen; durations are nanoseconds. */
export interface TopRow extends Place {
  readonly perSecond: number;
  /** `undefined` where nobody listens any more. */
  readonly queueLength: number | undefined;
  readonly queueLimit: number | undefined;
  readonly waitP50Ns: number | undefined;
  readonly waitP99Ns: number | undefined;
  readonly peers: number;
  readonly topPeer: string | undefined;
  readonly pid: number;
  readonly comm: string;
  /** That can accept here, or that did. */
  readonly processes: number;
  readonly containerId: string | undefined;
}

/**
 * A row for each place where somebody listens, the listeners of a SO_REUSEPORT group together, and for each where
 * connections were accepted though nobody is seen to listen now.
 */
export function topRows(listeners: readonly ListenerRecord[], window: AcceptWindow, seconds: number): TopRow[] {
  const groups = Map.groupBy(listeners, ({ listener }) => keyOf(listener));
  const acceptsAt = new Map<string, PlaceAccepts>();
  for (const [key, accepts] of window.places) {
    const at = listeningKey(accepts.place, groups) ?? key;
    const others = acceptsAt.get(at);
    if (others) others.absorb(accepts);
    else acceptsAt.set(at, accepts);
  }
  return [...new Set([...groups.keys(), ...acceptsAt.keys()])].map((key) =>
    row(groups.get(key) ?? [], acceptsAt.get(key), seconds),
  );
}

/** An accepted connection has an address of its own where its listener takes any. */
function listeningKey(place: Place, groups: ReadonlyMap<string, readonly ListenerRecord[]>): string | undefined {
  const wildcards = place.localAddress.includes(':') ? ['::'] : ['0.0.0.0', '::'];
  return [place.localAddress, ...wildcards]
    .map((localAddress) => keyOf({ ...place, localAddress }))
    .find((key) => groups.has(key));
}

function row(records: readonly ListenerRecord[], accepts: PlaceAccepts | undefined, seconds: number): TopRow {
  const listeners = records.map(({ listener }) => listener);
  const { networkNamespace, localAddress, localPort } = listeners[0] ?? accepts?.place ?? NOWHERE;
  const isListening = listeners.length > 0;
  return {
    networkNamespace,
    localAddress,
    localPort,
    perSecond: (accepts?.count ?? 0) / seconds,
    queueLength: isListening ? sum(listeners.map(({ queueLength }) => queueLength)) : undefined,
    queueLimit: isListening ? sum(listeners.map(({ queueLimit }) => queueLimit)) : undefined,
    waitP50Ns: accepts?.waits.percentileNs(0.5),
    waitP99Ns: accepts?.waits.percentileNs(0.99),
    peers: accepts?.peers.count ?? 0,
    topPeer: accepts?.peers.top,
    ...processOf(listeners, accepts),
    containerId: records[0]?.process?.containerId,
  };
}

/** The one that accepted most or, where nothing was accepted, the first owner; and how many there are. */
function processOf(
  listeners: readonly Listener[],
  accepts: PlaceAccepts | undefined,
): Pick<TopRow, 'pid' | 'comm' | 'processes'> {
  const owners = listeners.flatMap(({ owners: all }) => all);
  const pids = new Set([...owners.map(({ pid }) => pid), ...(accepts?.pids.keys() ?? [])]);
  const [busiest] = [...(accepts?.pids ?? [])].sort(([, a], [, b]) => b.count - a.count);
  const first = owners[0] ?? { pid: 0, comm: '' };
  return {
    pid: busiest?.[0] ?? first.pid,
    comm: busiest?.[1].comm ?? first.comm,
    processes: pids.size,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
