import { cpus } from 'node:os';
import { othersTrace } from '../accept-cost/strangers.ts';
import { cpuMicros } from '../built-command.ts';
import type { Load, Nginx } from './nginx.ts';

/** Something that watches nginx's connections, while it does. */
export interface Watcher {
  readonly pid: number;
  /** How many connections it has shown, delivered or counted in all, once it has ended. */
  end(): Promise<number>;
}

/** A way to be watched; `start` resolves when it watches. Without it nobody does. */
export interface Watching {
  readonly name: string;
  readonly start?: (nginx: Nginx) => Promise<Watcher>;
}

export const UNTRACED: Watching = { name: 'untraced' };

/** What an interval took, and of whom: CPU in microseconds for a request. */
export interface WatchedLoad extends Load {
  readonly watcherMicros: number;
  readonly sinkMicros: number;
  /** nginx and its client, and what the kernel does in their name. */
  readonly servedMicros: number;
  /** Of all CPUs together, what nobody wanted. */
  readonly idleShare: number;
}

export interface WatchedLoads {
  /** By watching: of each round, its intervals. */
  readonly loads: ReadonlyMap<string, readonly (readonly WatchedLoad[])[]>;
  /** By watching: requests answered that it did not show. */
  readonly missing: ReadonlyMap<string, number>;
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
}

export interface Turns {
  readonly rounds: number;
  /** Not counted: whoever watches has just started, and compiles its code. */
  readonly warmUp: (nginx: Nginx) => Promise<unknown>;
  readonly intervals: readonly ((nginx: Nginx) => Promise<Load>)[];
  readonly sinkPid: number;
  /** Whether others may trace on this host meanwhile. */
  readonly isShared: boolean;
}

/** Each watching once a round, the other way round in every second: started, warmed, then timed. */
export async function watchInTurn(
  nginx: Nginx,
  watchings: readonly Watching[],
  { rounds, warmUp, intervals, sinkPid, isShared }: Turns,
): Promise<WatchedLoads> {
  const loads = new Map(watchings.map(({ name }) => [name, [] as WatchedLoad[][]]));
  const missing = new Map(watchings.map(({ name }) => [name, 0]));
  let alone = 0;
  for (let round = 0; round < rounds; round++) {
    let isAlone = true;
    for (const { name, start } of round % 2 === 0 ? watchings : watchings.toReversed()) {
      isAlone &&= !(isShared && othersTrace());
      const before = nginx.requests;
      const watcher = await start?.(nginx);
      await warmUp(nginx);
      const watched: WatchedLoad[] = [];
      for (const interval of intervals) watched.push(await watchedLoad(nginx, interval, watcher?.pid, sinkPid));
      loads.get(name)?.push(watched);
      const shown = await watcher?.end();
      const unseen = nginx.requests - before - (shown ?? 0);
      if (shown !== undefined) missing.set(name, (missing.get(name) ?? 0) + Math.max(0, unseen));
    }
    if (isAlone) alone++;
  }
  return { loads, missing, rounds, alone };
}

async function watchedLoad(
  nginx: Nginx,
  interval: (nginx: Nginx) => Promise<Load>,
  watcher: number | undefined,
  sink: number,
): Promise<WatchedLoad> {
  const worker = nginx.workerPid;
  const used = () => [watcher === undefined ? 0 : cpuMicros(watcher), cpuMicros(sink), cpuMicros(worker)] as const;
  const [watcherBefore, sinkBefore, workerBefore] = used();
  const hostBefore = hostTimes();
  const load = await interval(nginx);
  const [watcherAfter, sinkAfter, workerAfter] = used();
  const host = hostTimes();
  return {
    ...load,
    watcherMicros: (watcherAfter - watcherBefore) / load.requests,
    sinkMicros: (sinkAfter - sinkBefore) / load.requests,
    servedMicros: (workerAfter - workerBefore + load.clientMicros) / load.requests,
    idleShare: (host.idle - hostBefore.idle) / (host.all - hostBefore.all),
  };
}

function hostTimes(): { readonly idle: number; readonly all: number } {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, all };
}
