import { hostname } from 'node:os';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { Hook } from '../../src/kernel/binding.ts';
import type { Accepted, Ends, Truth, Waited } from './workload.ts';

/** A guest is emulated, and some ten times slower; init.sh names it. */
const QUEUE_TOLERANCE_NS = hostname() === 'guest' ? 10_000_000 : 1_000_000;

/** What a tracer made of one case. */
export interface Comparison {
  readonly made: number;
  readonly reported: number;
  /** Records of the case that no accept stands behind, or more than one record for it. */
  readonly extra: readonly string[];
  /** Records whose facts differ from what the acceptor said. */
  readonly wrong: readonly string[];
  /** Connections that came into the queue while tracing, of which no duration is known. */
  readonly unstamped: number;
}

/** Compares by the four ends, which no two connections of a case share: its clients live until it ends. */
export function compare(truth: Truth, records: readonly AcceptedConnection[], hook: Hook): Comparison {
  const accepted = new Map(truth.accepted.map((one) => [textOf(one), one]));
  if (accepted.size !== truth.accepted.length) throw new Error('the workload accepted a connection twice');
  const made = truth.connected.map(textOf).sort();
  if (made.join() !== [...accepted.keys()].sort().join()) throw new Error('the workload lost a connection');

  const extra: string[] = [];
  const wrong: string[] = [];
  let unstamped = 0;
  for (const record of recordsOf(truth, records)) {
    const one = accepted.get(textOf(record));
    if (!one) extra.push(textOf(record));
    else wrong.push(...differences(one, record, hook));
    if (one?.waited?.wasTraced && record.queueDurationNs === undefined) unstamped++;
    accepted.delete(textOf(record));
  }
  wrong.push(...tooWide(truth));
  return { made: made.length, reported: made.length - accepted.size, extra, wrong, unstamped };
}

export function textOf({ peerAddress, peerPort, localAddress, localPort }: Ends): string {
  return `${peerAddress} ${peerPort} ${localAddress} ${localPort}`;
}

/** By process and by port, so that a record that is wrong in one of them is still found. */
function recordsOf(truth: Truth, records: readonly AcceptedConnection[]): AcceptedConnection[] {
  const pids = new Set(truth.accepted.map(({ pid }) => pid));
  const ports = new Set(truth.accepted.map(({ networkNamespace, localPort }) => `${networkNamespace} ${localPort}`));
  return records.filter(
    ({ pid, networkNamespace, localPort }) => pids.has(pid) || ports.has(`${networkNamespace} ${localPort}`),
  );
}

function differences(one: Accepted, record: AcceptedConnection, hook: Hook): string[] {
  const { socketFamily, pid, tid, namespacePid, networkNamespace, mountNamespace, method, queueLimit } = record;
  const facts = { socketFamily, pid, tid, namespacePid, networkNamespace, mountNamespace, method, queueLimit };
  const unknown = queueLimit === undefined && mayMissListener(one, hook);
  const wanted: typeof facts = {
    ...facts,
    ...one,
    tid: one.tid || tid,
    queueLimit: unknown ? undefined : one.queueLimit,
  };
  const { socketCookie } = record;
  const cookieKnown = socketCookie !== 0n && one.socketCookie !== '0'; // made at ESTABLISHED, which accept can overtake
  const names = (Object.keys(facts) as (keyof typeof facts)[]).filter((name) => facts[name] !== wanted[name]);
  return [
    ...(one.waited ? differencesInQueue(one.waited, record).map((text) => `${textOf(one)}: ${text}`) : []),
    ...names.map((name) => `${textOf(one)}: ${name} ${facts[name]}, not ${wanted[name]}`),
    ...(cookieKnown && socketCookie !== BigInt(one.socketCookie)
      ? [`${textOf(one)}: cookie ${socketCookie}, not ${one.socketCookie}`]
      : []),
  ];
}

/** Bounds that are never close together would say little: the narrowest are what the durations are right within. */
function tooWide({ accepted }: Truth): string[] {
  const widths = accepted.flatMap(({ waited }) => (waited ? [Number(waited.mostNs) - Number(waited.leastNs)] : []));
  return widths.length === 0 || Math.min(...widths) < QUEUE_TOLERANCE_NS ? [] : [`bounds of ${widths} ns`];
}

/** A duration must lie between what the acceptor measured inside and outside of it, to the nanosecond. */
function differencesInQueue({ leastNs, mostNs, left, wasTraced }: Waited, record: AcceptedConnection): string[] {
  const { queueLength, queueDurationNs } = record;
  const isRight =
    queueDurationNs === undefined ||
    (wasTraced && queueDurationNs >= BigInt(leastNs) && queueDurationNs <= BigInt(mostNs));
  return [
    ...(queueLength === left ? [] : [`queueLength ${queueLength}, not ${left}`]),
    ...(isRight
      ? []
      : [`queueDurationNs ${queueDurationNs}, not ${wasTraced ? `${leastNs} to ${mostNs}` : 'unknown'}`]),
  ];
}

/** A return probe finds the listener through the arguments of a 64-bit accept or accept4. */
function mayMissListener({ method, bits }: Accepted, hook: Hook): boolean {
  return hook === 'kretprobe' && (method !== 'syscall' || bits === 32);
}
