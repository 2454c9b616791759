import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SDK_INFO } from '@opentelemetry/core';
import { makeResource } from '../../src/export/resource.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { setEnvironment } from './set-environment.ts';

const HOST = { 'host.name': 'edge-1', 'service.instance.id': '7' };
const OURS = {
  'service.name': 'otel-tcpaccept',
  'service.version': PACKAGE_VERSION,
  ...HOST,
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': SDK_INFO['telemetry.sdk.version'],
};

const CASES: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
  ['without variables it is the tracer, the host and the SDK', {}, OURS],
  [
    'OTEL_RESOURCE_ATTRIBUTES adds and wins',
    { OTEL_RESOURCE_ATTRIBUTES: ' team=net%2Cops , host.name=other,service.name=a ' },
    { ...OURS, team: 'net,ops', 'host.name': 'other', 'service.name': 'a' },
  ],
  [
    'OTEL_SERVICE_NAME wins over both',
    { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a', OTEL_SERVICE_NAME: 'b' },
    { ...OURS, 'service.name': 'b' },
  ],
  ['nothing but commas is nothing', { OTEL_RESOURCE_ATTRIBUTES: ' , ' }, OURS],
];
for (const [name, environment, attributes] of CASES) {
  test(name, (t) => {
    setEnvironment(t, { OTEL_RESOURCE_ATTRIBUTES: '', OTEL_SERVICE_NAME: '', ...environment });
    const { resource, warnings } = makeResource(HOST);
    assert.deepEqual(resource.attributes, attributes);
    assert.deepEqual(warnings, []);
  });
}

for (const text of ['a=b,c', 'a=b=c', 'a=%zz', `a=${'x'.repeat(256)}`]) {
  test(`OTEL_RESOURCE_ATTRIBUTES=${text.slice(0, 9)} is left out as a whole, with a warning`, (t) => {
    setEnvironment(t, { OTEL_RESOURCE_ATTRIBUTES: text, OTEL_SERVICE_NAME: 'b' });
    const { resource, warnings } = makeResource(HOST);
    assert.deepEqual(resource.attributes, { ...OURS, 'service.name': 'b' });
    assert.match(warnings.join(), /^OTEL_RESOURCE_ATTRIBUTES is not understood .* accepts key=value/);
  });
}
