/**
 * The tracer of a bench, in its process: attached and detached as it is told, and reading as the command does: every
 * record is drained, identified and encoded, and then forgotten, or sent to an endpoint. Usage: tracer.ts [ADDON
 * [ENDPOINT]]; an empty ADDON, or none, is this build's.
 */
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DirectEncoder } from '../../src/export/direct/direct-encoder.ts';
import { DirectLane } from '../../src/export/direct-lane.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { RequestBatcher } from '../../src/export/request-batcher.ts';
import type { EncodedRequest } from '../../src/export/transport/encoded-request.ts';
import { Identifier } from '../../src/identity/identify.ts';
import { ProcessCache } from '../../src/identity/process-cache.ts';
import { openAcceptEncoder } from '../../src/kernel/accept-encoder.ts';
import { AcceptTracer, type KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { NativeBinding } from '../../src/kernel/binding.ts';
import { loadNative } from '../../src/kernel/native.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { Ledger } from '../../src/ledger.ts';
import type { RecordSink } from '../../src/record/accept-record.ts';

/** What the process is told: to attach so, or to detach. */
export type TracerOrder = { readonly attach: TracerSettings } | 'detach';
/** What it answers: nothing once attached, and what the kernel counted once detached. */
export type TracerAnswer = { readonly hook: string } | { readonly counts: KernelCounts; readonly delivered: number };

const SENT_MILLIS = 60_000;

const [addon, endpoint] = process.argv.slice(2);
const native: NativeBinding = addon ? createRequire(import.meta.url)(addon) : loadNative();
const warn = (_cause: string, text: string) => void process.stderr.write(`${text}\n`);
const resource = resourceFromAttributes({ 'service.name': 'bench' });
const ledger = new Ledger();
const sink = await openSink();
const identifier = new Identifier({ cache: new ProcessCache() });
let tracer: AcceptTracer | undefined;

process.on('message', (order: TracerOrder) => {
  if (order === 'detach') return void detach();
  tracer = new AcceptTracer(order.attach, native);
  tracer.run((batch) => sink.accept(identifier.identify(batch)));
  answer({ hook: tracer.hook });
});

async function detach(): Promise<void> {
  if (!tracer) throw new Error('nothing is attached');
  await tracer.stop();
  const counts = tracer.counts();
  tracer.close();
  const deadline = performance.now() + SENT_MILLIS;
  while (endpoint && ledger.get('queued') > 0 && performance.now() < deadline) await pause(10);
  answer({ counts, delivered: ledger.get('delivered') });
}

async function openSink(): Promise<RecordSink> {
  const { settings } = readOtlpEnvironment(endpoint ? { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } : {});
  const native = openAcceptEncoder();
  if (endpoint) {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
    return await DirectLane.open({ settings, resource, ledger, warn, native });
  }
  const encoder = new DirectEncoder({ resource, limits: settings.limits, warn, native });
  const onRequest = ({ body }: EncodedRequest) => encoder.takeBack(body);
  return new RequestBatcher({ encoder, batch: settings.batch, ledger, onRequest });
}

function answer(what: TracerAnswer): void {
  process.send?.(what);
}
