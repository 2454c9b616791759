import type { IncomingMessage } from 'node:http';

/** The specification has a client read up to 4 MiB; what we look for, a count and a sentence, is never that long. */
const MOST_BYTES = 65_536;

/** What was read of a response's body. */
export interface ResponseBody {
  readonly bytes: Uint8Array;
  /** Not cut: by its length, by its time, or by the connection. */
  readonly isWhole: boolean;
}

/** Reads at most 64 KiB for at most `millis`, then cuts the connection. Never rejects. */
export function readBody(response: IncomingMessage, millis: number): Promise<ResponseBody> {
  const { promise, resolve } = Promise.withResolvers<ResponseBody>();
  // One buffer that grows, since a hostile server may send each byte as a chunk of its own.
  let buffer = Buffer.alloc(0);
  let length = 0;
  const finish = (isWhole: boolean) => {
    clearTimeout(timer);
    if (!isWhole) response.destroy();
    resolve({ bytes: buffer.subarray(0, length), isWhole });
  };
  const timer = setTimeout(finish, millis, false);
  response
    .on('data', (chunk: Buffer) => {
      const needed = Math.min(length + chunk.length, MOST_BYTES);
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(2 * buffer.length, needed), MOST_BYTES));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      length += chunk.copy(buffer, length);
      if (length === MOST_BYTES) finish(false);
    })
    .once('end', () => finish(true))
    .once('error', () => finish(false))
    .once('close', () => finish(false));
  return promise;
}
