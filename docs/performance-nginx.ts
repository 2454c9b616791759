/** What is known of nginx's requests in the page's words: what of a request's CPU tracing takes, and where that has a floor. */
import type { NginxResult } from '../bench/nginx.ts';
import type { PartResult } from '../bench/nginx-parts.ts';
import { EMPTY, EMPTY_AT_ACCEPT } from '../bench/programs/variants.ts';
import type { Spread } from '../bench/spread.ts';
import type { Results } from './performance.ts';

/** Percent; `undefined`: not measured yet. */
interface LoadFloor {
  /** Of requests/s untraced, what is lost. */
  readonly lost: number | undefined;
  /** Of what is lost, what would be with nothing but the floor's part of the CPU. */
  readonly share: number | undefined;
  /** Of requests/s untraced, what the rest would leave. */
  readonly left: number | undefined;
}

/**
 * What is lost goes with the CPU that tracing takes of a request: the floor is the part of that which stays when programs do
 * nothing, for events with a record's bytes on a socket and the server that reads them on the same CPUs or elsewhere.
 */
export function nginxFloors(results: Results): Readonly<Record<'summary' | 'events' | 'eventsElsewhere', LoadFloor>> {
  const [, forgetting] = results['user-space'].results;
  const [events, summary] = ['events', 'summary'].map((name) => loadOf(results, name));
  const [called, counted, recorded] = [EMPTY.name, 'counted', 'recorded'].map(
    (name) => partOf(results, name)?.servedAddedMicros.median,
  );
  const [record, sink] = [forgetting?.floorMicros.median, events?.sinkMicros.median];
  const ofEvents = sum(recorded, events?.watcherMicros.median, sink);
  return {
    summary: loadFloor(summary, called, sum(counted, summary?.watcherMicros.median)),
    events: loadFloor(events, sum(called, record, sink), ofEvents),
    eventsElsewhere: loadFloor(events, sum(called, record), ofEvents),
  };
}

function sum(...micros: readonly (number | undefined)[]): number | undefined {
  return micros.reduce((total, one) => (total === undefined || one === undefined ? undefined : total + one), 0);
}

function loadFloor(
  load: NginxResult | undefined,
  floorMicros: number | undefined,
  allMicros: number | undefined,
): LoadFloor {
  const lost = load && 100 * (1 - load.requestsRatio.median);
  const share = floorMicros !== undefined && allMicros ? (100 * floorMicros) / allMicros : undefined;
  const left = lost !== undefined && share !== undefined ? 100 - (lost * share) / 100 : undefined;
  return { lost, share, left };
}

function partOf(results: Results, name: string): PartResult | undefined {
  return results['nginx-parts']?.results.parts.find((part) => part.name === name);
}

function loadOf(results: Results, name: string): NginxResult | undefined {
  return results.nginx.results.loads.find((load) => load.name === name);
}

/** In place of a figure. */
const NOT_YET = 'not measured yet';

export function nginxValues(results: Results): Record<string, string> {
  const text = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? NOT_YET;
  const percent = (spread: Spread | undefined) => text(spread && spread.median * 100, 1);
  const added = (name: string) => partOf(results, name)?.servedAddedMicros.median;
  const [untraced, events, summary] = ['untraced', 'events', 'summary'].map((name) => loadOf(results, name));
  const floors = nginxFloors(results);
  return {
    nginxIdle: text(untraced && untraced.idleShare.median * 100, 0),
    nginxWatcherMicros: text(events?.watcherMicros.median, 1),
    nginxSinkMicros: text(events?.sinkMicros.median, 1),
    nginxSummaryWatcherMicros: text(summary?.watcherMicros.median, 1),
    nginxEventsByCpu: percent(events?.cpuRatio),
    nginxSummaryByCpu: percent(summary?.cpuRatio),
    nginxWholeMicros: text(partOf(results, 'untraced')?.servedMicros.median, 0),
    nginxAtAcceptMicros: text(added(EMPTY_AT_ACCEPT.name), 1),
    nginxCalledMicros: text(added(EMPTY.name), 1),
    nginxFilteredMicros: text(added('filtered out'), 1),
    nginxCountedMicros: text(added('counted'), 1),
    nginxRecordedMicros: text(added('recorded'), 1),
    nginxSummaryLost: text(floors.summary.lost, 1),
    nginxSummaryFloorShare: text(floors.summary.share, 0),
    nginxSummaryFloor: text(floors.summary.left, 1),
    nginxEventsLost: text(floors.events.lost, 1),
    nginxEventsFloorShare: text(floors.events.share, 0),
    nginxEventsFloor: text(floors.events.left, 1),
    nginxEventsFloorElsewhere: text(floors.eventsElsewhere.left, 1),
    nginxRecordFloorMicros: text(results['user-space'].results[1]?.floorMicros.median, 2),
  };
}
