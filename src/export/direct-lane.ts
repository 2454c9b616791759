import type { Resource } from '@opentelemetry/resources';
import type { NativeAcceptEncoder } from '../kernel/binding.ts';
import type { Ledger } from '../ledger.ts';
import type { RecordBatch } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import type { Warn } from './diagnostics.ts';
import { DirectEncoder } from './direct/direct-encoder.ts';
import { ReturningTransport } from './direct/returning-transport.ts';
import { openTransport } from './open-transport.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import { type BatchedRequest, RequestBatcher } from './request-batcher.ts';
import { type OnSafe, SafeRecords } from './safe-records.ts';
import type { DiskSpool } from './spool/disk-spool.ts';
import { openSpool } from './spool/open-spool.ts';
import type { SpoolSettings } from './spool/spool-settings.ts';
import { type OrderedRequest, SpoolingQueue } from './spool/spooling-queue.ts';
import { ID_STEP } from './transport/encoded-request.ts';
import { SendingQueue, type SendingQueueParts } from './transport/sending-queue.ts';

export interface DirectLaneParts {
  /** With the exporter `otlp`. */
  readonly settings: OtlpSettings;
  readonly resource: Resource;
  readonly ledger: Ledger;
  readonly warn: Warn;
  readonly native: NativeAcceptEncoder;
  /** `undefined`: what cannot be delivered waits in memory only. */
  readonly spool?: SpoolSettings | undefined;
  readonly onSafe?: OnSafe | undefined;
}

/** What has the requests until they are settled. */
interface Delivery {
  offer(request: OrderedRequest): void;
  readonly pressure: number;
  close(deadlineMillis: number): Promise<void>;
}

/**
 * Delivers records over OTLP with a queue and a transport of our own, which see what the endpoint says of each request.
 *
 * A request is tried again for as long as OTLP allows: with a spool until that is full or the request too old, without
 * one while the queue has room, `settings.batch.maxQueueSize` records.
 */
export class DirectLane {
  readonly #batcher: RequestBatcher;
  readonly #delivery: Delivery;
  #closing: Promise<void> | undefined;

  /** Reads the credentials and takes the spool; nothing is connected yet. Throws `ERR_SPOOL_HELD`. */
  static async open(parts: DirectLaneParts): Promise<DirectLane> {
    const transport = await openTransport(parts.settings);
    return new DirectLane(parts, transport, parts.spool && (await spoolOrNone(parts.spool, parts.warn)));
  }

  private constructor(parts: DirectLaneParts, transport: SendingQueueParts['transport'], spool: DiskSpool | undefined) {
    const { settings, resource, ledger, warn, native, spool: spoolSettings, onSafe } = parts;
    const encoder = new DirectEncoder({ resource, limits: settings.limits, warn, native });
    const returning = new ReturningTransport(transport, encoder);
    const safeRecords = onSafe && new SafeRecords(onSafe);
    const safe = safeRecords?.safe ?? (() => {});
    this.#delivery =
      spool && spoolSettings
        ? new SpoolingQueue({
            settings,
            transport: returning,
            ledger,
            warn,
            spool,
            spoolSettings,
            onSafe: safe,
            onUnused: (body) => encoder.takeBack(body),
          })
        : new SendingQueue({
            settings,
            transport: returning,
            ledger,
            warn,
            giveUpAfterMillis: () => Number.POSITIVE_INFINITY,
            onSettled: safe,
          });
    let lastId = spool?.opened.lastId ?? 0;
    this.#batcher = new RequestBatcher({
      encoder,
      batch: settings.batch,
      ledger,
      onRequest: (request: BatchedRequest) => {
        lastId += ID_STEP - (lastId % ID_STEP);
        const ordered = { ...request, id: lastId };
        safeRecords?.add(ordered);
        this.#delivery.offer(ordered);
      },
    });
  }

  /** How much of the room for what is not delivered is taken, 0 to 1: at 1, records are lost. */
  get pressure(): number {
    return this.#delivery.pressure;
  }

  accept(batch: RecordBatch): void {
    this.#batcher.accept(batch);
  }

  report<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    this.#batcher.add(kind, records);
  }

  /** Sends, or writes to disk, what was handed over, without waiting for more. */
  flush(): void {
    this.#batcher.flush();
  }

  /**
   * Sends what is queued and ends; after `deadlineMillis` what is still under way is in the spool or counts as dropped.
   * Never rejects.
   */
  close(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  async #close(deadlineMillis: number): Promise<void> {
    this.#batcher.flush();
    await this.#delivery.close(deadlineMillis);
  }
}

/** `undefined`, and a warning, when the disk does not allow it: tracing goes on without. */
async function spoolOrNone(settings: SpoolSettings, warn: Warn): Promise<DiskSpool | undefined> {
  const spool = await openSpool(settings, warn);
  if (typeof spool !== 'string') return spool;
  warn(
    'spool-open',
    `the spool ${settings.directory} cannot be used (${spool}): what cannot be delivered waits in memory only; give --spool-dir a directory that can be written to, or --spool off`,
  );
  return undefined;
}
