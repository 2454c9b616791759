import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parser } from '@grafana/lezer-logql';
import { parse as parseYaml } from 'yaml';
import { dashboardJson } from '../../otel-config/grafana/dashboard.ts';
import { ATTRIBUTES } from '../../src/record/attributes.ts';
import { EVENTS } from '../../src/record/events.ts';
import { DASHBOARD, dashboardQueries, pageQueries } from './shipped-queries.ts';

const PROVISIONING = new URL('../../otel-config/grafana/provisioning/', import.meta.url);

/** What is no LogQL in a query. */
function errorsOf(query: string): string[] {
  const errors: string[] = [];
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(`at ${from}: ${query.slice(from, to)}`);
    },
  });
  return errors;
}

const shipped = [
  ...dashboardQueries(),
  ...[...pageQueries()].map(([title, query]) => ({ title: `docs/queries.md: ${title}`, query })),
];

test('the dashboard is the one that its source makes: otherwise run npm run dashboard', () => {
  assert.equal(readFileSync(DASHBOARD, 'utf8'), dashboardJson());
});

test('the page has nine queries and the dashboard a query for each of its panels', () => {
  assert.equal(pageQueries().size, 9);
  assert.equal(new Set(dashboardQueries().map(({ title }) => title)).size, 9);
});

for (const { title, query } of shipped) {
  test(`LogQL, of names there are: ${title}: ${query.slice(0, 40)}`, () => {
    assert.deepEqual(errorsOf(query), []);
    const names = new Set(ATTRIBUTES.map(({ name }) => name.replaceAll('.', '_')));
    for (const [used] of query.matchAll(/\b(tcpaccept|network|process)_\w+/g)) assert.ok(names.has(used), used);
    const [, event] = /event_name="(.*?)"/.exec(query) ?? [];
    assert.ok(
      Object.values(EVENTS).some(({ name }) => name === event),
      event,
    );
  });
}

test('what is no LogQL is found', () => {
  assert.notDeepEqual(errorsOf('{service_name="x"} | network.local.port="443"'), []);
  assert.notDeepEqual(errorsOf('rate({service_name="x"} [$__auto])'), []);
});

test('the data sources have the uids that the dashboard and the link from a record to its trace name', () => {
  const { datasources } = parseYaml(readFileSync(new URL('datasources/datasources.yaml', PROVISIONING), 'utf8'));
  const [loki, jaeger] = datasources;
  const [link] = loki.jsonData.derivedFields;
  assert.deepEqual(
    [loki.type, jaeger.type, link.matcherType, link.matcherRegex],
    ['loki', 'jaeger', 'label', 'trace_id'],
  );
  assert.equal(link.datasourceUid, jaeger.uid);
  // Grafana takes $NAME for a variable; $$ is the dollar of its own ${__value.raw}.
  assert.equal(link.url, '$$' + '{__value.raw}');
  const used = new Set([...readFileSync(DASHBOARD, 'utf8').matchAll(/"uid": "(.*?)"/g)].map(([, uid]) => uid));
  assert.deepEqual([...used].sort(), [loki.uid, 'otel-tcpaccept'].sort());
});
