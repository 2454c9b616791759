import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TcpAcceptError } from '../../errors.ts';
import { PACKAGE_ROOT } from '../../version.ts';
import type { SpoolCall, SpoolOpening, SpoolReply } from './spool-calls.ts';
import type { SpoolSettings } from './spool-settings.ts';
import type { OpenedSpool } from './spool-store.ts';

/** What it has at a time are a few requests. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

const NO_NEWS: SpoolReply['news'] = {
  evicted: { requests: 0, records: 0, accepts: 0 },
  setAside: undefined,
  oldestLentUnixMillis: undefined,
  roomBytes: 0,
};

/** A spool in a thread of its own; calls are done in their order. */
export class DiskSpool {
  readonly opened: OpenedSpool;
  readonly #worker: Worker;
  readonly #waiting: ((reply: SpoolReply) => void)[] = [];
  #death: string | undefined;

  /**
   * Takes the directory; resolves to a reason when it cannot be used.
   *
   * Throws `ERR_SPOOL_HELD` when another process has it.
   */
  static async open(settings: SpoolSettings): Promise<DiskSpool | string> {
    const [folder, extension] = extname(import.meta.url) === '.ts' ? ['src', 'ts'] : ['dist', 'js'];
    const path = new URL(`${folder}/export/spool/spool-worker.${extension}`, PACKAGE_ROOT);
    const worker = new Worker(path, { workerData: settings, resourceLimits: LIMITS });
    try {
      const [opening] = (await once(worker, 'message')) as [SpoolOpening];
      if (opening.kind === 'opened') return new DiskSpool(worker, opening.opened);
      await worker.terminate();
      if (opening.kind === 'failed') return opening.reason;
      throw held(settings.directory, opening.pid);
    } catch (error) {
      if (error instanceof TcpAcceptError) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  private constructor(worker: Worker, opened: OpenedSpool) {
    this.opened = opened;
    this.#worker = worker;
    worker.on('message', (reply: SpoolReply) => {
      this.#waiting.shift()?.(reply);
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on('error', (error) => this.#die(error.message));
    worker.on('exit', () => this.#die('its thread has ended'));
    worker.unref();
  }

  /** Never rejects: a spool that is no more fails every call. Bodies are copied. */
  call(call: SpoolCall): Promise<SpoolReply> {
    if (this.#death !== undefined) return Promise.resolve(failed(this.#death));
    const { promise, resolve } = Promise.withResolvers<SpoolReply>();
    this.#waiting.push(resolve);
    // Only who waits for it is held by it.
    this.#worker.ref();
    const [message, buffers] = withOwnBodies(call);
    this.#worker.postMessage(message, buffers);
    return promise;
  }

  /** After all calls before; resolves when the directory is free again. */
  async close(): Promise<void> {
    await this.call({ kind: 'close' });
    this.#die('it is closed');
    await this.#worker.terminate();
  }

  #die(reason: string): void {
    this.#death ??= reason;
    for (const resolve of this.#waiting.splice(0)) resolve(failed(this.#death));
  }
}

function failed(failure: string): SpoolReply {
  return { lent: [], news: NO_NEWS, failure };
}

/** A body may lie in a larger buffer, which would be copied whole: each gets one of its own, handed over. */
function withOwnBodies(call: SpoolCall): [SpoolCall, ArrayBuffer[]] {
  if (call.kind === 'put') {
    const body = new Uint8Array(call.request.body);
    return [{ ...call, request: { ...call.request, body } }, [body.buffer]];
  }
  if (call.kind === 'part') {
    const parts = call.parts.map((part) => ({ ...part, body: new Uint8Array(part.body) }));
    return [{ ...call, parts }, parts.map(({ body }) => body.buffer)];
  }
  return [call, []];
}

function held(directory: string, pid: number | undefined): TcpAcceptError {
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  return new TcpAcceptError(
    'ERR_SPOOL_HELD',
    `the spool ${directory} is held by ${holder}; end that, or give --spool-dir another directory or --spool off`,
  );
}
