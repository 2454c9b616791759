import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NODE } from './application.ts';
import { InstalledPackage } from './installed-package.ts';

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** What an application may write, and what its compiler must refuse. */
const PROGRAM = `
import { type Instrumentation, registerInstrumentations } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { type LedgerCounts, TcpAcceptInstrumentation, type TcpAcceptInstrumentationConfig } from 'otel-tcpaccept';
import 'otel-tcpaccept/register';

const config: TcpAcceptInstrumentationConfig = {
  enabled: false,
  processes: 'all',
  ports: [80, 443],
  family: 'inet6',
  hook: 'syscall',
  ringBytes: 65_536,
  exporterPorts: [4318],
};
const plugin = new TcpAcceptInstrumentation(config);
const counts: LedgerCounts = plugin.counts();
console.log(counts.emitted, counts.dropped, plugin.isEnabled(), plugin.getConfig().ports?.length);
plugin.flush();
const asInstrumentation: Instrumentation<TcpAcceptInstrumentationConfig> = plugin;
registerInstrumentations({ instrumentations: [asInstrumentation] });
new NodeSDK({ instrumentations: [plugin, new TcpAcceptInstrumentation({ processes: 812, ports: undefined })] });

// @ts-expect-error
new TcpAcceptInstrumentation({ processes: 'mine' });
// @ts-expect-error
new TcpAcceptInstrumentation({ ports: ['80'] });
// @ts-expect-error
new TcpAcceptInstrumentation({ family: 'ipv4' });
// @ts-expect-error
new TcpAcceptInstrumentation({ hook: 'kprobe' });
// @ts-expect-error
new TcpAcceptInstrumentation({ port: [80] });
// @ts-expect-error
plugin.counts().emited;
`;

for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
] as const) {
  test(`an application's compiler understands the package, with module resolution ${moduleResolution}`, () => {
    using installed = new InstalledPackage();
    installed.write('application.mts', PROGRAM);
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noPropertyAccessFromIndexSignature: true,
      // Our declarations are checked as well, and so are those of OpenTelemetry that they use.
      skipLibCheck: false,
    };
    installed.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['application.mts'] }));
    const { status, stdout } = spawnSync(NODE, [TSC, '-p', installed.folder], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
}
