import assert from 'node:assert/strict';
import { readOtlpEnvironment } from '../../../src/export/otlp-environment.ts';
import type { EncodedRequest } from '../../../src/export/transport/encoded-request.ts';
import { OtlpTransport } from '../../../src/export/transport/otlp-transport.ts';
import { SendingQueue, type SendingQueueParts } from '../../../src/export/transport/sending-queue.ts';
import { EXPORT_FATES, Ledger, type LedgerName } from '../../../src/ledger.ts';
import { encode, numberedRecords, numbersIn } from './encode-records.ts';

/** The policy's shape, a hundred times as fast. */
const QUICK = (failures: number, askedMillis: number | undefined) => askedMillis ?? Math.min(10 * 1.5 ** failures, 300);

export interface QueueOptions extends Partial<Omit<SendingQueueParts, 'onGivenUp' | 'giveUpAfterMillis'>> {
  readonly giveUpAfterMillis?: number;
  /** Keep what is given up in `givenUp`, counted as spooled. */
  readonly keepsGivenUp?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
}

/** A queue to an endpoint with its ledger, every warning, and what it gave up. */
export class QueueUnderTest {
  readonly ledger = new Ledger();
  readonly warnings: { readonly cause: string; readonly text: string }[] = [];
  readonly givenUp: EncodedRequest[] = [];
  queue!: SendingQueue;
  #next = 0;

  static async open(endpoint: string, options: QueueOptions = {}): Promise<QueueUnderTest> {
    const { keepsGivenUp, environment, giveUpAfterMillis = 20_000, ...parts } = options;
    const { settings } = readOtlpEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...environment });
    const test = new QueueUnderTest();
    test.queue = new SendingQueue({
      settings,
      transport: await OtlpTransport.open(settings),
      ledger: test.ledger,
      warn: (cause, text) => test.warnings.push({ cause, text }),
      giveUpAfterMillis: () => giveUpAfterMillis,
      retryDelay: QUICK,
      ...(keepsGivenUp && { onGivenUp: test.#takeOver }),
      ...parts,
    });
    return test;
  }

  /** Offers a request of so many records, whose numbers go on from the last one's. */
  offer(records: number): void {
    const body = encode(numberedRecords(this.#next, records));
    this.#next += records;
    this.ledger.add('drained', records);
    this.queue.offer({ body, records });
    this.assertSum();
  }

  /** What the ledger says became of the records, without zeros. */
  fates(): Partial<Record<LedgerName, number>> {
    const moved = EXPORT_FATES.filter((name) => this.ledger.get(name) !== 0);
    return Object.fromEntries(moved.map((name) => [name, this.ledger.get(name)]));
  }

  /** The ledger's identity, which holds at every moment. */
  assertSum(): void {
    const sum = EXPORT_FATES.reduce((total, name) => total + this.ledger.get(name), 0);
    assert.equal(sum, this.ledger.get('drained'));
  }

  assertFates(fates: Partial<Record<LedgerName, number>>): void {
    assert.deepEqual(this.fates(), fates);
    this.assertSum();
  }

  /** The numbers of the records given up. */
  numbersGivenUp(): number[] {
    return this.givenUp.flatMap(({ body }) => numbersIn(body));
  }

  readonly #takeOver = (request: EncodedRequest): void => {
    assert.equal(numbersIn(request.body).length, request.records);
    this.givenUp.push(request);
    this.ledger.add('spooled', request.records);
  };
}

/** The numbers from `first` on, so many. */
export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
