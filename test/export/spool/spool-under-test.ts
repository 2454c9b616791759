import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readOtlpEnvironment } from '../../../src/export/otlp-environment.ts';
import { DiskSpool } from '../../../src/export/spool/disk-spool.ts';
import type { SpoolSettings } from '../../../src/export/spool/spool-settings.ts';
import { SpoolStore } from '../../../src/export/spool/spool-store.ts';
import { SpoolingQueue } from '../../../src/export/spool/spooling-queue.ts';
import { type EncodedRequest, ID_STEP } from '../../../src/export/transport/encoded-request.ts';
import { OtlpTransport } from '../../../src/export/transport/otlp-transport.ts';
import { EXPORT_FATES, Ledger, type LedgerName } from '../../../src/ledger.ts';
import { encode, numberedRecords } from '../transport/encode-records.ts';

/** The policy's shape, a hundred times as fast. */
const QUICK = (failures: number, askedMillis: number | undefined) => askedMillis ?? Math.min(10 * 1.5 ** failures, 100);

export interface SpoolOptions extends Partial<SpoolSettings> {
  readonly spillAfterMillis?: number;
  readonly environment?: NodeJS.ProcessEnv;
}

/** A directory for a spool, removed when disposed of. */
export class SpoolFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-spool-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Puts requests into a spool, oldest first, each at its time. */
export function fillSpool(
  { mock }: Pick<TestContext, 'mock'>,
  directory: string,
  requests: readonly (EncodedRequest & { readonly unixMillis: number })[],
): void {
  const store = new SpoolStore({ mode: 'spill', directory, maxBytes: 1024 ** 3, maxAgeMillis: 1e9 });
  for (const [index, { unixMillis, ...request }] of requests.entries()) {
    const { mock: now } = mock.method(Date, 'now', () => unixMillis);
    store.put({ ...request, id: (index + 1) * ID_STEP });
    now.restore();
  }
  store.close();
}

/** A filesystem of so many bytes, unmounted when disposed of; needs root. */
export class SmallDisk {
  readonly #folder = new SpoolFolder();
  readonly path = join(this.#folder.path, 'disk');

  constructor(bytes: number) {
    mkdirSync(this.path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'otel-tcpaccept-test', this.path]);
  }

  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path]);
    this.#folder[Symbol.dispose]();
  }
}

/** A queue with a spool behind it, to an endpoint, with its ledger and every warning. */
export class SpoolUnderTest {
  readonly ledger = new Ledger();
  readonly warnings: { readonly cause: string; readonly text: string }[] = [];
  readonly safe: EncodedRequest[] = [];
  readonly unused = new Set<Uint8Array>();
  readonly bodies: Uint8Array[] = [];
  queue!: SpoolingQueue;
  #next = 0;
  #lastId = 0;

  static async open(endpoint: string, directory: string, options: SpoolOptions = {}): Promise<SpoolUnderTest> {
    const { environment, spillAfterMillis = 50, ...given } = options;
    const { settings } = readOtlpEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...environment });
    const spoolSettings: SpoolSettings = {
      mode: 'spill',
      directory,
      maxBytes: 256 * 1024 ** 2,
      maxAgeMillis: 1e9,
      ...given,
    };
    const spool = await DiskSpool.open(spoolSettings);
    assert.ok(typeof spool !== 'string', String(spool));
    const test = new SpoolUnderTest();
    test.#lastId = spool.opened.lastId;
    test.queue = new SpoolingQueue({
      settings,
      transport: await OtlpTransport.open(settings),
      ledger: test.ledger,
      warn: (cause, text) => test.warnings.push({ cause, text }),
      spool,
      spoolSettings,
      onSafe: (request) => test.safe.push(request),
      onUnused: (body) => test.unused.add(body),
      spillAfterMillis,
      retryDelay: QUICK,
    });
    test.assertSum();
    return test;
  }

  /** Offers a request of so many records, whose numbers go on from the last one's or begin with `first`. */
  offer(records: number, first = this.#next): void {
    const body = encode(numberedRecords(first, records));
    this.#next = first + records;
    this.bodies.push(body);
    this.#lastId += ID_STEP - (this.#lastId % ID_STEP);
    this.ledger.add('drained', records);
    this.queue.offer({ body, records, id: this.#lastId });
    this.assertSum();
  }

  count(name: LedgerName): number {
    return this.ledger.get(name);
  }

  /** What the ledger says became of the records, without zeros. */
  fates(): Partial<Record<LedgerName, number>> {
    const moved = EXPORT_FATES.filter((name) => this.ledger.get(name) !== 0);
    return Object.fromEntries(moved.map((name) => [name, this.ledger.get(name)]));
  }

  /** The ledger's identity, which holds at every moment. */
  assertSum(): void {
    const sum = EXPORT_FATES.reduce((total, name) => total + this.ledger.get(name), 0);
    assert.equal(sum, this.ledger.get('drained') + this.ledger.get('recovered'));
    for (const name of EXPORT_FATES) assert.ok(this.ledger.get(name) >= 0, `${name} is ${this.ledger.get(name)}`);
  }

  assertFates(fates: Partial<Record<LedgerName, number>>): void {
    assert.deepEqual(this.fates(), fates);
    this.assertSum();
  }
}
