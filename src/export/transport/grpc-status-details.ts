import { fieldsOf, varintOf } from './protobuf-wire.ts';

/** google.rpc.Status.details and google.protobuf.Any, of which the type's URL is field 1 and the message field 2. */
const DETAILS = 3;
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * How long the google.rpc.RetryInfo in a status's details asks to wait, in milliseconds; `undefined` when there is none.
 *
 * `details` is the value of the trailer `grpc-status-details-bin`, a google.rpc.Status.
 */
export function readRetryInfo(details: string | Buffer | undefined): number | undefined {
  if (!Buffer.isBuffer(details)) return undefined;
  try {
    for (const any of messagesOf(details, DETAILS)) {
      const [url] = messagesOf(any, 1);
      if (url?.toString() !== RETRY_INFO) continue;
      const [info = Buffer.alloc(0)] = messagesOf(any, 2);
      // RetryInfo.retry_delay, a google.protobuf.Duration; without one it may be tried again at once.
      const [delay] = messagesOf(info, 1);
      return delay ? millisOf(delay) : 0;
    }
  } catch {
    // Then it says nothing.
  }
  return undefined;
}

/** The strings, bytes or messages of one field. */
function messagesOf(bytes: Buffer, number: number): Buffer[] {
  return [...fieldsOf(bytes)]
    .filter((field) => field.number === number && field.isDelimited)
    .map(({ valueStart, end }) => bytes.subarray(valueStart, end));
}

/** Of a google.protobuf.Duration: seconds and nanoseconds; a negative one is none. */
function millisOf(duration: Buffer): number {
  const value = (number: number) => {
    const field = [...fieldsOf(duration)].find((candidate) => candidate.number === number);
    return field ? Number(BigInt.asIntN(64, varintOf(duration, field))) : 0;
  };
  return Math.max(0, value(1) * 1000 + value(2) / 1e6);
}
