/** docs/performance.md and its plots, made from the results of the benches: every figure there is one of a run. */
import { existsSync, readFileSync } from 'node:fs';
import type { AddedCost } from '../bench/accept-cost/in-turn.ts';
import type { GuestCosts } from '../bench/accept-cost/tracers-in-guest.ts';
import type { PairedCosts } from '../bench/accept-cost.ts';
import type { DrainingResults } from '../bench/draining.ts';
import type { Footprint } from '../bench/footprint.ts';
import type { GrowthResult } from '../bench/growth.ts';
import type { RateResult } from '../bench/highest-rate.ts';
import type { LookupCost } from '../bench/lookups.ts';
import type { GuestLoads } from '../bench/nginx/tracers-in-guest.ts';
import type { NginxResults } from '../bench/nginx.ts';
import type { PacedResults } from '../bench/nginx-paced.ts';
import type { PartResults } from '../bench/nginx-parts.ts';
import { BCC_FIELDS, EMPTY } from '../bench/programs/variants.ts';
import type { ProgramCost } from '../bench/programs.ts';
import type { Written } from '../bench/report.ts';
import type { Spread } from '../bench/spread.ts';
import type { UserSpaceResult } from '../bench/user-space.ts';
import { costOf, goalsMet, goalsTable, hookFloorMicros } from './performance-goals.ts';
import { nginxValues } from './performance-nginx.ts';
import { bccToOurs, overheadTable } from './performance-overhead.ts';
import { type BarPlot, barPlot } from './performance-plots.ts';
import { markdownTable } from './performance-table.ts';

/** The results by bench; what may be `undefined` is missing until its bench has run. */
export interface Results {
  readonly 'accept-cost': Written<PairedCosts>;
  readonly 'other-syscalls': Written<PairedCosts>;
  readonly programs: Written<readonly ProgramCost[]>;
  readonly tracers: Written<GuestCosts> | undefined;
  readonly nginx: Written<NginxResults>;
  readonly 'nginx-parts': Written<PartResults> | undefined;
  readonly 'nginx-paced': Written<PacedResults> | undefined;
  readonly 'nginx-tracers': Written<GuestLoads> | undefined;
  readonly draining: Written<DrainingResults> | undefined;
  readonly growth: Written<readonly GrowthResult[]> | undefined;
  readonly 'highest-rate': Written<RateResult>;
  readonly 'user-space': Written<readonly UserSpaceResult[]>;
  readonly lookups: Written<readonly LookupCost[]>;
  readonly footprint: Written<Footprint>;
}
export type BenchName = keyof Results;

const TEMPLATE = new URL('performance-template.md', import.meta.url);
const RESULTS = new URL('../bench/results/', import.meta.url);

export function readResults(): Results {
  const read = (name: BenchName) => JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8'));
  const readIfThere = (name: BenchName) => (existsSync(new URL(`${name}.json`, RESULTS)) ? read(name) : undefined);
  return {
    'accept-cost': read('accept-cost'),
    'other-syscalls': read('other-syscalls'),
    programs: read('programs'),
    tracers: readIfThere('tracers'),
    nginx: read('nginx'),
    'nginx-parts': readIfThere('nginx-parts'),
    'nginx-paced': readIfThere('nginx-paced'),
    'nginx-tracers': readIfThere('nginx-tracers'),
    draining: readIfThere('draining'),
    growth: readIfThere('growth'),
    'highest-rate': read('highest-rate'),
    'user-space': read('user-space'),
    lookups: read('lookups'),
    footprint: read('footprint'),
  };
}

/** The page: the template with `{{goals}}` and `{{overhead}}`, each `{{BENCH}}` (table and host) and each `{{value:NAME}}` filled in. */
export function performancePage(results: Results, template = readFileSync(TEMPLATE, 'utf8')): string {
  const values: Readonly<Record<string, string>> = valuesOf(results);
  return template.replace(/\{\{([\w:-]+)\}\}/g, (_all, name: string) => {
    if (name === 'goals') return goalsTable(results);
    if (name === 'overhead') return overheadTable(results);
    const value = name.startsWith('value:') ? values[name.slice(6)] : undefined;
    if (value !== undefined) return value;
    if (!(name in results)) throw new Error(`the template asks for ${name}, which nothing makes`);
    return benchSection(results[name as BenchName]);
  });
}

function benchSection(written: Written<unknown> | undefined): string {
  if (!written) return 'Not measured yet.';
  const { question, host, table, results } = written;
  const { kernel, cpu, cpus, node, load, commit } = host;
  const where = `Linux ${kernel}, ${cpus} × ${cpu}, Node.js ${node}, load average ${load}${commit ? `, commit ${commit}` : ''}`;
  return `${markdownTable(table.columns, table.rows)}\n\n*${question}: median (min - max). ${where}${aloneText(results)}.*`;
}

function aloneText(results: unknown): string {
  if (typeof results !== 'object' || results === null || !('alone' in results && 'rounds' in results)) return '';
  return `, ${results.alone} of ${results.rounds} rounds with no other tracer on the host`;
}

/** Single figures that the page's sentences name. */
function valuesOf(results: Results): Record<string, string> {
  const micros = ({ median }: Spread) => (median / 1000).toFixed(2);
  const { costs } = results['accept-cost'].results;
  const measured = (among: readonly AddedCost[] | undefined, name: string) => {
    const cost = among?.find((one) => one.name === name);
    return cost ? `${micros(cost.addedNs)} µs` : 'not measured yet';
  };
  const ofBcc = (name: string) => {
    const [cost, bcc] = [name, 'bcc'].map((one) => accepts?.find((other) => other.name === one)?.addedNs.median);
    return cost === undefined || bcc === undefined ? 'not measured yet' : `${(cost / bcc).toFixed(2)}x`;
  };
  const accepts = results.tracers?.results.accepts;
  const { plainBytes, gzipBytes, recordsOfARequest } = results.footprint.results;
  return {
    ...nginxValues(results),
    goalsMet: goalsMet(results),
    pacedPlot: results['nginx-paced'] ? '![nginx at a fixed rate, p99](performance-nginx-paced.svg)' : '',
    nginxTracersPlot: results['nginx-tracers'] ? '![nginx, by tracer](performance-nginx-tracers.svg)' : '',
    growthPlot: results.growth ? '![CPU of an accept, by how much there is to tell apart](performance-growth.svg)' : '',
    everyAttribute: micros(costOf(costs, 'every attribute').addedNs),
    hookFloor: hookFloorMicros(results).toFixed(2),
    filteredOut: micros(costOf(costs, 'filtered out').addedNs),
    wholeConnection: micros(costOf(costs, 'every attribute').addedWholeNs),
    emptyPrograms: measured(costs, EMPTY.name),
    emptyFexit: ofBcc(`fexit, ${EMPTY.name}`),
    emptyKretprobe: ofBcc(`kretprobe, ${EMPTY.name}`),
    briefFexit: ofBcc(`fexit, ${BCC_FIELDS.name}`),
    briefKretprobe: ofBcc(`kretprobe, ${BCC_FIELDS.name}`),
    bccToOurs: bccToOurs(results),
    guestKernel: results.tracers?.results.kernel ?? 'not run',
    tracersPlot: results.tracers ? '![Added to an accept, by tracer](performance-tracers.svg)' : '',
    plainBytes: plainBytes.toFixed(0),
    gzipBytes: gzipBytes.toFixed(0),
    recordsOfARequest: recordsOfARequest.toFixed(0),
  };
}

/** The plots by file name, beside the page. */
export async function performancePlots(results: Results): Promise<Readonly<Record<string, string>>> {
  const plots: Readonly<Record<string, BarPlot>> = {
    'performance-accept.svg': {
      title: 'Added to an accept, syscall hook',
      axis: 'µs, median and range of the rounds; the line is the goal',
      bars: inMicros(results['accept-cost'].results.costs),
      goal: 0.65,
    },
    ...(results.tracers && {
      'performance-tracers.svg': {
        title: 'Added to an accept, in an emulated 6.1 guest',
        axis: 'µs, median and range of the rounds',
        bars: inMicros(results.tracers.results.accepts),
      },
    }),
    'performance-nginx.svg': {
      title: 'nginx, requests/s of untraced',
      axis: 'of untraced in the same round, median and range; the line is the goal',
      bars: results.nginx.results.loads
        .filter(({ name }) => name !== 'untraced')
        .map(({ name, requestsRatio }) => ({ name, ...requestsRatio })),
      goal: 0.98,
    },
    ...(results['nginx-paced'] && {
      'performance-nginx-paced.svg': {
        title: 'nginx at a fixed rate, p99 of a request',
        axis: 'µs, median and range of the rounds',
        bars: results['nginx-paced'].results.loads.map(({ name, rate, p99Micros }) => ({
          name: `${rate}/s, ${name}`,
          ...p99Micros,
        })),
      },
    }),
    ...(results['nginx-tracers'] && {
      'performance-nginx-tracers.svg': {
        title: 'nginx, requests/s of untraced, in an emulated 6.1 guest',
        axis: 'of untraced in the same round, median and range',
        bars: results['nginx-tracers'].results.loads
          .filter(({ name }) => name !== 'untraced')
          .map(({ name, requestsRatio }) => ({ name, ...requestsRatio })),
      },
    }),
    ...(results.growth && {
      'performance-growth.svg': {
        title: "The command's CPU for an accept",
        axis: 'µs, median and range of the rounds',
        bars: results.growth.results.map(({ of, mode, cpuMicros }) => ({ name: `${mode}, ${of}`, ...cpuMicros })),
      },
    }),
    'performance-lanes.svg': {
      title: 'User-space CPU of a record',
      axis: 'µs, median and range of the rounds',
      bars: results['user-space'].results.flatMap(({ target, directMicros, sdkMicros }) => [
        { name: `direct lane, ${target}`, ...directMicros },
        { name: `SDK lane, ${target}`, ...sdkMicros },
      ]),
    },
  };
  const drawn = Object.entries(plots).map(async ([file, plot]) => [file, await barPlot(plot)] as const);
  return Object.fromEntries(await Promise.all(drawn));
}

function inMicros(costs: readonly AddedCost[]) {
  return costs
    .filter(({ name }) => name !== 'untraced')
    .map(({ name, addedNs: { median, min, max } }) => ({
      name,
      median: median / 1000,
      min: min / 1000,
      max: max / 1000,
    }));
}
