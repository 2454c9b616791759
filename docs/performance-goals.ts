/** The table at the head of docs/performance.md: what was aimed at, what was measured, and what stands in the way. */
import type { AddedCost } from '../bench/accept-cost/in-turn.ts';
import type { DrainingResult } from '../bench/draining.ts';
import { ARRAY_FOR_RING } from '../bench/programs/structures.ts';
import type { ProgramCost } from '../bench/programs.ts';
import type { Results } from './performance.ts';
import { nginxFloors } from './performance-nginx.ts';
import { markdownTable } from './performance-table.ts';

/** Of what is not delivered: on disk, or in summaries. */
const NOT_LOST = ['spooled', 'aggregated'];

export function costOf(costs: readonly AddedCost[], name: string): AddedCost {
  const cost = costs.find((one) => one.name === name);
  if (!cost) throw new Error(`no result of ${name}`);
  return cost;
}

interface Goal {
  readonly what: string;
  /** `undefined`: not yet. */
  readonly measured: number | undefined;
  readonly unit: string;
  readonly digits: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** What cannot be gone beyond, and where the page says how that was found. */
  readonly floor?: Floor;
}

interface Floor {
  /** `undefined`: not yet. */
  readonly value: number | undefined;
  readonly section: string;
}

function goalsOf(results: Results): readonly Goal[] {
  const [, , collector] = results['user-space'].results;
  const host = results['accept-cost'].results.costs;
  const accepts = results.tracers?.results.accepts;
  const ofBcc = (hook: string) =>
    accepts && costOf(accepts, hook).addedNs.median / costOf(accepts, 'bcc').addedNs.median;
  const requestsPercent = (traced: string) =>
    (results.nginx.results.loads.find(({ name }) => name === traced)?.requestsRatio.median ?? Number.NaN) * 100;
  const rate = results['highest-rate'].results;
  const lost = Object.entries(rate.lost).reduce(
    (sum, [cause, count]) => sum + (NOT_LOST.includes(cause) ? 0 : count),
    0,
  );
  const floors = nginxFloors(results);
  const { startMillis, idleMib } = results.footprint.results;
  return [
    goal('user-space CPU a record, direct lane, into the collector', collector?.directMicros.median, 'µs', 2, {
      atMost: 1.5,
      floor: { value: collector?.floorMicros.median, section: 'A record in user space' },
    }),
    goal('SDK lane to direct lane, into the collector', collector?.ratio.median, 'x', 1, { atLeast: 8 }),
    goal('added to an accept, fexit to bcc', ofBcc('fexit'), 'x', 2, { atMost: 0.2 }),
    goal('added to an accept, kretprobe to bcc', ofBcc('kretprobe'), 'x', 2, { atMost: 0.6 }),
    goal('added to an accept, syscall hook', costOf(host, 'every attribute').addedNs.median / 1000, 'µs', 2, {
      atMost: 0.65,
      floor: { value: hookFloorMicros(results), section: 'What the cost is made of' },
    }),
    goal('nginx, requests/s with events, of untraced', requestsPercent('events'), '%', 1, {
      atLeast: 98,
      floor: { value: floors.events.left, section: 'What a request loses' },
    }),
    goal('nginx, requests/s with summaries, of untraced', requestsPercent('summary'), '%', 1, {
      atLeast: 99,
      floor: { value: floors.summary.left, section: 'What a request loses' },
    }),
    goal('lost at the highest accept rate of the host', lost, ` of ${rate.accepts}`, 0, { atMost: 0 }),
    goal(
      'other system calls, syscall hook',
      costOf(results['other-syscalls'].results.costs, 'syscall hook').addedNs.median,
      'ns',
      0,
      { atMost: 60 },
    ),
    goal('CPU when nothing is accepted, of a core', printedAt(results, 0)?.cpuPercent.median, '%', 2, { atMost: 0.2 }),
    goal('accept to stdout, p99 at 100 a second', printedAt(results, 100)?.latencyP99Millis, 'ms', 0, { atMost: 50 }),
    goal('start until tracing', startMillis.median, 'ms', 0, { atMost: 300 }),
    goal('RSS when idle', idleMib.median, 'MiB', 0, { atMost: 80 }),
    goal('RSS at the highest accept rate, peak', rate.peakMib.median, 'MiB', 0, { atMost: 105 }),
  ];
}

/** With every attribute, and the cheapest way found of handing records over. */
export function hookFloorMicros(results: Results): number {
  const added = costOf(results['accept-cost'].results.costs, 'every attribute').addedNs.median;
  const isHandingOver = ({ build, program }: ProgramCost) =>
    build === ARRAY_FOR_RING.name && program === 'accept4_syscall';
  const other = results.programs.results.find(isHandingOver);
  if (!other) throw new Error(`no result of ${ARRAY_FOR_RING.name}`);
  return (added - other.savedNs.median) / 1000;
}

function printedAt(results: Results, rate: number): DrainingResult | undefined {
  return results.draining?.results.printing?.find(({ perSecond }) => perSecond === rate);
}

function goal(
  what: string,
  measured: number | undefined,
  unit: string,
  digits: number,
  bound: Pick<Goal, 'atMost' | 'atLeast' | 'floor'>,
): Goal {
  if (Number.isNaN(measured)) throw new Error(`not measured: ${what}`);
  return { what, measured, unit, digits, ...bound };
}

/** Not met until it is measured. */
function isMet({ measured, atMost, atLeast }: Goal): boolean {
  return measured !== undefined && measured <= (atMost ?? measured) && measured >= (atLeast ?? measured);
}

export function goalsTable(results: Results): string {
  const rows = goalsOf(results).map((goal) => {
    const { what, measured, unit, digits, atMost, atLeast } = goal;
    const bound = atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`;
    if (measured === undefined) return [what, `${bound} ${unit}`, 'not yet', '**no**', ''];
    return [
      what,
      `${bound} ${unit}`.replace('  of', ' of'),
      `${measured.toFixed(digits)} ${unit}`.replace('  of', ' of'),
      isMet(goal) ? 'yes' : '**no**',
      isMet(goal) ? '' : floorText(goal),
    ];
  });
  return markdownTable(['what', 'goal', 'measured', 'met', 'floor, and how it was found'], rows);
}

function floorText({ floor, digits, unit }: Goal): string {
  if (!floor) return 'not looked for';
  const value = floor.value === undefined ? 'not measured yet' : `${floor.value.toFixed(digits)} ${unit}`;
  return `${value}: [${floor.section}](#${floor.section.toLowerCase().replaceAll(' ', '-')})`;
}

export function goalsMet(results: Results): string {
  const goals = goalsOf(results);
  return `${goals.filter(isMet).length} of ${goals.length}`;
}
