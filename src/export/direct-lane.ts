import type { Resource } from '@opentelemetry/resources';
import type { Ledger } from '../ledger.ts';
import type { RecordBatch } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import type { Warn } from './diagnostics.ts';
import { DirectEncoder } from './direct/direct-encoder.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import { RequestBatcher } from './request-batcher.ts';
import { OtlpTransport } from './transport/otlp-transport.ts';
import { SendingQueue } from './transport/sending-queue.ts';

export interface DirectLaneParts {
  /** With the exporter `otlp`. */
  readonly settings: OtlpSettings;
  readonly resource: Resource;
  readonly ledger: Ledger;
  readonly warn: Warn;
}

/**
 * Delivers records over OTLP with a queue and a transport of our own, which see what the endpoint says of each request.
 *
 * A request is tried again for as long as OTLP allows and the queue has room: `settings.batch.maxQueueSize` records.
 */
export class DirectLane {
  readonly #batcher: RequestBatcher;
  readonly #queue: SendingQueue;
  #closing: Promise<void> | undefined;

  /** Reads the credentials; nothing is connected yet. */
  static async open(parts: DirectLaneParts): Promise<DirectLane> {
    return new DirectLane(parts, await OtlpTransport.open(parts.settings));
  }

  private constructor({ settings, resource, ledger, warn }: DirectLaneParts, transport: OtlpTransport) {
    this.#queue = new SendingQueue({
      settings,
      transport,
      ledger,
      warn,
      giveUpAfterMillis: Number.POSITIVE_INFINITY,
    });
    this.#batcher = new RequestBatcher({
      encoder: new DirectEncoder({ resource, limits: settings.limits, warn }),
      batch: settings.batch,
      ledger,
      onRequest: ({ body, records }) => this.#queue.offer(body, records),
    });
  }

  accept(batch: RecordBatch): void {
    this.#batcher.accept(batch);
  }

  report<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    this.#batcher.add(kind, records);
  }

  /** Sends what is queued and ends; after `deadlineMillis` what is still under way counts as dropped. Never rejects. */
  close(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  async #close(deadlineMillis: number): Promise<void> {
    this.#batcher.flush();
    await this.#queue.close(deadlineMillis);
  }
}
