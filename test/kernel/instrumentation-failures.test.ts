import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import {
  Application,
  type ApplicationOptions,
  PRINT_DIAG,
  PRINT_RECORDS,
  REGISTER,
  SDK_WITH_PLUGIN,
} from '../instrumentation/application.ts';
import { InstalledPackage } from '../instrumentation/installed-package.ts';

/** Root without a single capability, which still may read the files here. */
const UNPRIVILEGED = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];

/** Checks that an application whose plugin cannot start serves and ends all the same; returns its stderr. */
async function servedWithout(options: ApplicationOptions): Promise<string> {
  await using application = await Application.listening(options);
  await application.request();
  await application.request();
  const { code, stderr, records } = await application.end();
  assert.equal(code, 0, stderr);
  assert.deepEqual(records, []);
  return stderr;
}

function assertOneDiagError(stderr: string, code: string): void {
  assert.match(stderr, new RegExp(`^diag error: otel-tcpaccept: ${code}: [^\\n]+\\n$`));
}

const HEARD = [PRINT_DIAG, REGISTER, PRINT_RECORDS];

test('without the rights: one diag error', async () => {
  assertOneDiagError(await servedWithout({ imports: HEARD, wrapper: UNPRIVILEGED }), 'ERR_BPF_PERMISSION');
});

test('without the rights, and nobody listens to diag: one warning of Node', async () => {
  const stderr = await servedWithout({ imports: [REGISTER, PRINT_RECORDS], wrapper: UNPRIVILEGED });
  assert.match(stderr, /^\(node:\d+\) \[ERR_BPF_PERMISSION\] Warning: otel-tcpaccept: [^\n]+\n(\(Use [^\n]+\n)?$/);
});

test('without the rights, named in the options of NodeSDK: one diag error by the logger that NodeSDK sets', async () => {
  const env = {
    OTEL_LOG_LEVEL: 'error',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const stderr = await servedWithout({ imports: [SDK_WITH_PLUGIN], wrapper: UNPRIVILEGED, env });
  assert.match(stderr, /^otel-tcpaccept: ERR_BPF_PERMISSION: [^\n]+\n$/);
});

test('OTEL_SDK_DISABLED=true: it does not try', async () => {
  const env = { OTEL_SDK_DISABLED: 'true' };
  assert.equal(await servedWithout({ imports: HEARD, wrapper: UNPRIVILEGED, env }), '');
});

test('a wrong TCPACCEPT_ variable', async () => {
  const stderr = await servedWithout({ imports: HEARD, env: { TCPACCEPT_PORT: '80,http' } });
  assertOneDiagError(stderr, 'ERR_USAGE');
  assert.match(stderr, /TCPACCEPT_PORT: "80,http"/);
});

test('a hook that this kernel refuses', async (t) => {
  const tracer = new AcceptTracer({ hook: 'auto', ringBytes: 4096, self: 'none' });
  const { refused } = tracer;
  tracer.close();
  if (refused.length === 0) t.skip('this kernel refuses no hook');
  for (const { hook, error } of refused) {
    assertOneDiagError(await servedWithout({ imports: HEARD, env: { TCPACCEPT_HOOK: hook } }), error.code);
  }
});

test('the addon is missing', async () => {
  using installed = new InstalledPackage({ without: 'addon' });
  const imports = [PRINT_DIAG, 'otel-tcpaccept/register', PRINT_RECORDS];
  assertOneDiagError(await servedWithout({ imports, cwd: installed.folder }), 'ERR_ADDON');
});
