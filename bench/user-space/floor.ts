import { connect, type Socket } from 'node:net';
import { DirectEncoder, type DirectEncoderParts } from '../../src/export/direct/direct-encoder.ts';
import type { Ledger } from '../../src/ledger.ts';
import type { RecordBatch, RecordSink } from '../../src/record/accept-record.ts';

/** As many as OpenTelemetry's default batch has, and a part of every drained one. */
const REQUEST_RECORDS = 512;
/** As many requests as the direct lane has under way. */
const SOCKETS = 4;

/**
 * Less than this no exporter of the same bytes takes in a Node.js process: each record is one copy of its bytes, and a
 * request made before is written to a plain socket, where any answer will do.
 */
export class Floor implements RecordSink {
  readonly #parts: DirectEncoderParts;
  readonly #ledger: Ledger;
  readonly #url: URL | undefined;
  readonly #idle: Socket[] = [];
  #sockets = 0;
  #waiting = 0;
  #body: Uint8Array = new Uint8Array();
  #header = '';
  #record = new Uint8Array();
  #copies = new Uint8Array();

  /** Without a URL nothing is sent. */
  constructor(parts: DirectEncoderParts, ledger: Ledger, url?: URL) {
    this.#parts = parts;
    this.#ledger = ledger;
    this.#url = url;
  }

  accept(batch: RecordBatch): void {
    if (this.#body.length === 0) this.#prepare(batch);
    const { length } = this.#record;
    for (let i = 0; i < batch.count; i++) this.#copies.set(this.#record, (i % REQUEST_RECORDS) * length);
    this.#ledger.add('queued', batch.count);
    this.#waiting += batch.count / REQUEST_RECORDS;
    this.#send();
  }

  #prepare(batch: RecordBatch): void {
    const encoder = new DirectEncoder(this.#parts);
    encoder.addAccepts(batch, 0, { records: REQUEST_RECORDS, bytes: Number.POSITIVE_INFINITY });
    this.#body = encoder.take().body;
    this.#record = this.#body.slice(-Math.floor(this.#body.length / REQUEST_RECORDS));
    this.#copies = new Uint8Array(this.#body.length);
    const lines = [
      `POST ${this.#url?.pathname}v1/logs HTTP/1.1`,
      `Host: ${this.#url?.host}`,
      'Content-Type: application/x-protobuf',
      `Content-Length: ${this.#body.length}`,
    ];
    this.#header = `${lines.join('\r\n')}\r\n\r\n`;
  }

  #send(): void {
    for (; this.#waiting > 0; this.#waiting--) {
      const socket = this.#url ? (this.#idle.pop() ?? this.#connect(this.#url)) : undefined;
      if (this.#url && !socket) return;
      if (!socket) {
        this.#delivered();
        continue;
      }
      socket.cork();
      socket.write(this.#header, 'latin1');
      socket.write(this.#body);
      socket.uncork();
    }
  }

  #connect({ hostname, port }: URL): Socket | undefined {
    if (this.#sockets === SOCKETS) return undefined;
    this.#sockets++;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    return socket.on('data', () => {
      this.#idle.push(socket);
      this.#delivered();
      this.#send();
    });
  }

  #delivered(): void {
    this.#ledger.add('delivered', REQUEST_RECORDS);
    this.#ledger.add('queued', -REQUEST_RECORDS);
  }
}
