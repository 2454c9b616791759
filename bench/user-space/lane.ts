/** Sends records through one lane, and says what that took: `lane.ts direct|sdk|floor none|URL RECORDS`. */
import { setImmediate as turn } from 'node:timers/promises';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DirectEncoder } from '../../src/export/direct/direct-encoder.ts';
import { DirectLane } from '../../src/export/direct-lane.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { RequestBatcher } from '../../src/export/request-batcher.ts';
import { SdkLane } from '../../src/export/sdk-lane.ts';
import type { EncodedRequest } from '../../src/export/transport/encoded-request.ts';
import { Identifier } from '../../src/identity/identify.ts';
import { ProcessCache } from '../../src/identity/process-cache.ts';
import { openAcceptEncoder } from '../../src/kernel/accept-encoder.ts';
import { Ledger, type LedgerName } from '../../src/ledger.ts';
import type { RecordSink } from '../../src/record/accept-record.ts';
import { SdkEncoder } from '../../test/export/direct/sdk-encoder.ts';
import { serve } from '../alternate.ts';
import { BATCH_RECORDS, DrainedBatches } from './drained-batches.ts';
import { Floor } from './floor.ts';

/** Enough for every request that may be under way, and some being made. */
const MOST_QUEUED = 4 * BATCH_RECORDS;

/** Tells when fewer records are queued: asking with a timer costs more than what is measured here. */
class WatchedLedger extends Ledger {
  #wanted = 0;
  #reached: (() => void) | undefined;

  override add(name: LedgerName, count: number): void {
    super.add(name, count);
    if (this.#reached && this.get('queued') <= this.#wanted) this.#reached();
  }

  async untilQueued(most: number): Promise<void> {
    this.#wanted = most;
    // Records that change hands are in nobody's for a moment: what counts is what holds once that is over.
    while (this.get('queued') > most) {
      await new Promise<void>((resolve) => {
        this.#reached = resolve;
      });
    }
    this.#reached = undefined;
  }
}

const [lane = '', target = '', recordsText = ''] = process.argv.slice(2);
const records = Number(recordsText);
const resource = resourceFromAttributes({ 'service.name': 'bench', 'host.name': 'bench' });
const ledger = new WatchedLedger();
const identifier = new Identifier({ cache: new ProcessCache() });
const batches = new DrainedBatches();
const sink = await openSink();

serve(async () => {
  const delivered = ledger.get('delivered');
  const cpu = process.cpuUsage();
  for (let sent = 0; sent < records; sent += BATCH_RECORDS) {
    sink.accept(identifier.identify(batches.next()));
    // As after a drain: other things have their turn.
    await turn();
    await ledger.untilQueued(MOST_QUEUED);
  }
  await ledger.untilQueued(0);
  // The last request's records leave the queue before they are counted.
  await turn();
  const { user, system } = process.cpuUsage(cpu);
  if (ledger.get('delivered') - delivered !== records) throw new Error(`not all is delivered: ${ledger.toLine()}`);
  return { cpuMicros: (user + system) / records, rssMib: process.memoryUsage.rss() / 2 ** 20 };
});

async function openSink(): Promise<RecordSink> {
  const { settings } = readOtlpEnvironment(target === 'none' ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: target });
  const warn = (_cause: string, text: string) => void process.stderr.write(`${text}\n`);
  const { limits } = settings;
  const native = openAcceptEncoder();
  if (lane === 'floor') {
    return new Floor({ resource, limits, warn, native }, ledger, target === 'none' ? undefined : new URL(target));
  }
  if (target !== 'none') {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = target;
    return await (lane === 'sdk' ? SdkLane : DirectLane).open({ settings, resource, ledger, warn, native });
  }
  const direct = new DirectEncoder({ resource, limits, warn, native });
  const encoder = lane === 'sdk' ? new SdkEncoder({ resource, limits }) : direct;
  const onRequest = ({ body, records: count }: EncodedRequest) => {
    direct.takeBack(body);
    ledger.add('delivered', count);
  };
  return new RequestBatcher({ encoder, batch: settings.batch, ledger, onRequest });
}
