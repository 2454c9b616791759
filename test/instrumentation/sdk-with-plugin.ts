/**
 * Preloaded into an application: NodeSDK as its environment says, with the instrumentation named in code; its options are
 * the JSON of PLUGIN_OPTIONS. When the application has nothing left to do, all is flushed and the counts are printed.
 */
import { NodeSDK } from '@opentelemetry/sdk-node';
import { TcpAcceptInstrumentation } from '../../src/index.ts';

const plugin = new TcpAcceptInstrumentation(JSON.parse(process.env['PLUGIN_OPTIONS'] ?? '{}'));
const sdk = new NodeSDK({ instrumentations: [plugin] });
sdk.start();
process.once('beforeExit', async () => {
  await sdk.shutdown();
  plugin.disable();
  process.stdout.write(`${JSON.stringify({ counts: plugin.counts() })}\n`);
});
