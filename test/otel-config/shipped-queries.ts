import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export interface ShippedQuery {
  readonly title: string;
  readonly query: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

export const DASHBOARD = new URL('../../otel-config/grafana/dashboards/tcpaccept.json', import.meta.url);
const PAGE = new URL('../../docs/queries.md', import.meta.url);

/** The queries of docs/queries.md by the headings they are under. */
export function pageQueries(): ReadonlyMap<string, string> {
  const sections = readFileSync(PAGE, 'utf8').matchAll(/^## (.*)\n[\s\S]*?^```logql\n(.*)\n```$/gm);
  return new Map([...sections].map(([, title = '', query = '']) => [title, query]));
}

/** One of them. */
export function pageQuery(title: string): string {
  return pageQueries().get(title) ?? assert.fail(`docs/queries.md has no query under "${title}"`);
}

/** The queries of the committed dashboard, with values where Grafana puts them. */
export function dashboardQueries(): readonly ShippedQuery[] {
  const { panels }: { panels: readonly Panel[] } = JSON.parse(readFileSync(DASHBOARD, 'utf8'));
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, query: expr.replaceAll('$__auto', '1m').replaceAll('$__range', '1h') })),
  );
}
