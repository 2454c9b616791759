import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecrets, hideSecretsOf } from '../../../src/export/transport/hide-secrets.ts';

const URL = 'http://localhost:4318/v1/logs';

test('header values are hidden whole and by their words, the scheme is not', () => {
  const hide = hideSecrets(URL, { authorization: 'Bearer abc.def', 'x-key': 'k3y!' });
  assert.equal(hide('no Bearer token abc.def: (k3y!) Bearer abc.def'), 'no Bearer token ***: (***) ***');
});

test('a secret that another one holds does not show the rest of it', () => {
  const hide = hideSecrets(URL, { 'x-short': 'open', 'x-long': 'openly said' });
  assert.equal(hide('it was openly said, or open'), 'it was ***, or ***');
});

test('Basic credentials are hidden in the clear as well', () => {
  const hide = hideSecrets(URL, { authorization: `Basic ${Buffer.from('maria:open sesame').toString('base64')}` });
  assert.equal(hide('maria:open sesame'), '***');
  assert.equal(hide('maria may not, with open sesame'), '*** may not, with ***');
});

test('user, password and query of the URL are hidden, as they are and percent-encoded', () => {
  const hide = hideSecrets('http://us%C3%A9r:p%20ss@localhost/?token=t0k%21n', {});
  assert.equal(hide('usér us%C3%A9r p ss p%20ss t0k!n token=t0k%21n'), '*** *** *** *** *** ***');
});

test('what is too short for a secret is left alone', () => {
  assert.equal(hideSecrets('http://a:b@localhost/?c=d', { 'x-tenant': '1' })('1 abcd'), '1 abcd');
});

test('a percent that encodes nothing is no trouble', () => {
  assert.equal(hideSecrets('http://localhost/?k=100%25%zz', {})('fine'), 'fine');
});

test('of the environment every header and endpoint is hidden, of all signals', () => {
  const hide = hideSecretsOf({
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc.def',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-key=k3y!',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://maria:s3cret@localhost/?token=t0ken',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'no URL',
    OTEL_SERVICE_NAME: 'edge',
  });
  assert.equal(hide('edge: abc.def k3y! maria s3cret t0ken no URL'), 'edge: *** *** *** *** *** no URL');
});
