/** What tcpaccept(8)'s OVERHEAD section leaves to its reader: the cost of tracing at rates of accepts. */

import type { Results } from './performance.ts';
import { costOf } from './performance-goals.ts';
import { markdownTable } from './performance-table.ts';

/** Of one CPU, of which a million microseconds are a second. */
function percentOfCpu(microsOfAccept: number, acceptsPerSecond: number): string {
  return `${((100 * microsOfAccept * acceptsPerSecond) / 1e6).toFixed(1)} %`;
}

/** The rates at which nginx was asked, and the highest at which it answered. */
export function overheadTable(results: Results): string {
  const connection = costOf(results['accept-cost'].results.costs, 'every attribute').addedWholeNs.median / 1000;
  const paced = results['nginx-paced']?.results.loads ?? [];
  const rates = [...new Set(paced.map(({ rate }) => rate))];
  const row = (rate: number, events: number | undefined, summary: number | undefined, rateText = `${rate}`) => [
    rateText,
    percentOfCpu(connection, rate),
    ...[events, summary].map((micros) => (micros === undefined ? 'not measured yet' : percentOfCpu(micros, rate))),
  ];
  const micros = (loads: readonly Watched[], name: string) =>
    loads.find((load) => load.name === name)?.watcherMicros.median;
  const { loads } = results.nginx.results;
  const highest = loads.find(({ name }) => name === 'events')?.requestsPerSecond.median ?? Number.NaN;
  const rows = rates.map((rate) => {
    const ofRate = paced.filter((load) => load.rate === rate);
    return row(rate, micros(ofRate, 'events'), micros(ofRate, 'summary'));
  });
  const last = row(
    highest,
    micros(loads, 'events'),
    micros(loads, 'summary'),
    `${highest.toFixed(0)}, as fast as it answers`,
  );
  const columns = [
    'accepts a second',
    'added to the connections, of a CPU',
    'the command, of a CPU',
    'the command, with summaries',
  ];
  return markdownTable(columns, [...rows, last]);
}

/** CPU of a request, of bcc's process to that of ours with the best hook, where both watched nginx in one guest. */
export function bccToOurs(results: Results): string {
  const loads = results['nginx-tracers']?.results.loads ?? [];
  const [bcc, ours] = [/^bcc/, /^fexit$/].map(
    (name) => loads.find((load) => name.test(load.name))?.watcherMicros.median,
  );
  return bcc === undefined || !ours ? 'not measured yet' : (bcc / ours).toFixed(1);
}

interface Watched {
  readonly name: string;
  readonly watcherMicros: { readonly median: number };
}
