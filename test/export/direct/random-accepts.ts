import { IdentifiedBatch } from '../../../src/identity/identified-batch.ts';
import type { ProcessIdentity } from '../../../src/identity/process-identity.ts';
import { DrainedBatch } from '../../../src/kernel/accept-batch.ts';
import { AF_INET, AF_INET6, METHODS, OFFSET, RECORD_BYTES } from '../../../src/kernel/record-layout.ts';
import { SHARED_WORDS } from '../../../src/kernel/shared-fields.ts';
import type { RecordBatch } from '../../../src/record/accept-record.ts';

const TEXTS = [
  '',
  'nginx',
  'worker-7',
  'größer',
  '日本語のスレッド',
  '🦀🦀🦀',
  '\ud800 half',
  'x'.repeat(300),
  'ü'.repeat(5000),
];
/** Bytes of comms: with and without an end, and some that are not UTF-8. */
const COMMS = [
  Buffer.from('nginx\0\0\0'),
  Buffer.from('0123456789abcdef'),
  Buffer.from('größer\0rest'),
  Buffer.from('日本語のス'),
  Buffer.from([0xff, 0xfe, 0x80, 0x41, 0]),
  Buffer.from([0xe6, 0x97, 0, 0x41]),
  Buffer.alloc(16),
];
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

/** Makes batches of records that differ from the one before in one field, so that what is shared is shared, or not. */
export class RandomAccepts {
  readonly #random: () => number;
  readonly #record = new Uint8Array(RECORD_BYTES);
  readonly #processes: (ProcessIdentity | undefined)[];
  #process: ProcessIdentity | undefined;

  constructor(random: () => number) {
    this.#random = random;
    this.#processes = [undefined, ...Array.from({ length: 6 }, () => this.#someProcess())];
    for (const field of this.#fields) this.#change(field);
    for (const change of this.#shapes) change();
  }

  batch(count: number): RecordBatch {
    const bytes = new Uint8Array(count * RECORD_BYTES);
    const processes: (ProcessIdentity | undefined)[] = [];
    // In one batch, what has the same shared fields is of the same process.
    const known = new Map<string, ProcessIdentity | undefined>();
    for (let index = 0; index < count; index++) {
      this.#changeSomething();
      bytes.set(this.#record, index * RECORD_BYTES);
      if (this.#random() < 0.1) this.#process = this.#oneOf(this.#processes);
      const shared = this.#shared;
      if (!known.has(shared)) known.set(shared, this.#process);
      processes.push(known.get(shared));
    }
    // Wall clocks from 1970 to 2262, and of a host whose clock is before its boot.
    const clock = {
      observedUnixNs: BigInt(this.#below(2 ** 53)) * 1000n,
      bootToUnixNs: BigInt(this.#below(2 ** 60)) - 5n,
    };
    const drained = new DrainedBatch(bytes, count, clock);
    const identify = () => processes[drained.view.index];
    return new IdentifiedBatch(
      drained,
      { identify },
      `${this.#oneOf(['boot-load-', 'b-', 'f'.repeat(70), 'f'.repeat(200)])}`,
    );
  }

  get #fields(): (keyof typeof OFFSET)[] {
    return Object.keys(OFFSET) as (keyof typeof OFFSET)[];
  }

  /** Two records with different ones may still be told apart by how their peer's address counts. */
  get #shared(): string {
    return SHARED_WORDS.map((at) => this.#record.subarray(at, at + 4).join()).join();
  }

  #changeSomething(): void {
    if (this.#random() < 0.2) this.#oneOf(this.#shapes)();
    else if (this.#random() < 0.9) this.#change(this.#oneOf(this.#fields));
  }

  /** A field's bytes: all but one 0 or as they were, unknown (all ones), or anything. */
  #change(field: keyof typeof OFFSET): void {
    const [end = RECORD_BYTES] = Object.values(OFFSET)
      .filter((offset) => offset > OFFSET[field])
      .sort((a, b) => a - b);
    const bytes = this.#record.subarray(OFFSET[field], end);
    const kind = this.#random();
    if (kind < 0.2) bytes.fill(0);
    if (kind < 0.3) bytes[this.#below(bytes.length)] = this.#below(256);
    else if (kind < 0.5) bytes.fill(0xff);
    else if (kind < 0.6) bytes.fill(0);
    else for (let i = 0; i < bytes.length; i++) bytes[i] = this.#below(256);
    this.#record[OFFSET.socket_family] = this.#oneOf([AF_INET, AF_INET6]);
    this.#record[OFFSET.method] = this.#below(METHODS.length);
  }

  readonly #shapes = [
    () => this.#record.set(this.#oneOf(COMMS), OFFSET.comm),
    () => this.#record.fill(0, OFFSET.peer_address, OFFSET.comm),
    () => {
      this.#record[OFFSET.socket_family] = AF_INET6;
      this.#record.set(MAPPED_PREFIX, OFFSET.peer_address);
      this.#record.set(MAPPED_PREFIX, OFFSET.local_address);
    },
  ];

  #someProcess(): ProcessIdentity {
    const text = () => (this.#random() < 0.3 ? undefined : this.#oneOf(TEXTS));
    return {
      executableName: text(),
      executablePath: text(),
      commandLine: text(),
      parentPid: this.#random() < 0.3 ? undefined : this.#below(2 ** 22),
      creationTime: '2023-11-14T22:13:20.000Z',
      userName: text(),
      realUserName: text(),
      cgroupPath: text(),
      containerId: text(),
      containerRuntime: text(),
      podUid: text(),
      ...(this.#random() < 0.5 && {
        container: {
          name: text(),
          imageName: text(),
          imageTags:
            this.#random() < 0.3 ? undefined : Array.from({ length: this.#below(3) }, () => this.#oneOf(TEXTS)),
          imageId: text(),
          podName: text(),
          namespaceName: text(),
          podContainerName: text(),
        },
      }),
    };
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)] as Value;
  }
}
