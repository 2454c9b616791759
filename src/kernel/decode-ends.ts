import { DrainedBatch } from './accept-batch.ts';
import { closeCause, closedBy } from './close-cause.ts';
import type { ConnectionEnd, EndBatch } from './connection-end.ts';
import { END_BYTES, END_FIN_ACKED, END_FIN_SENT, END_OFFSET, END_PEER_FIN } from './end-layout.ts';
import { RECORD_BYTES, UNKNOWN_U32 } from './record-layout.ts';
import type { BatchClock } from './record-view.ts';

/** Decodes `count` records of `END_BYTES` each; the result keeps nothing of `bytes`. */
export function decodeEnds(bytes: Uint8Array, count: number, clock: BatchClock): EndBatch {
  const accepts = new Uint8Array(count * RECORD_BYTES);
  const ends: ConnectionEnd[] = [];
  for (let i = 0; i < count; i++) {
    const base = i * END_BYTES;
    const acceptAt = base + END_OFFSET.accept;
    accepts.set(bytes.subarray(acceptAt, acceptAt + RECORD_BYTES), i * RECORD_BYTES);
    ends.push(decoded(new DataView(bytes.buffer, bytes.byteOffset + base, END_BYTES), clock));
  }
  return { accepts: new DrainedBatch(accepts, count, clock), ends };
}

function decoded(data: DataView, { bootToUnixNs }: BatchClock): ConnectionEnd {
  const u32 = (field: keyof typeof END_OFFSET) => data.getUint32(END_OFFSET[field], true);
  const u64 = (field: keyof typeof END_OFFSET) => data.getBigUint64(END_OFFSET[field], true);
  const flags = data.getUint8(END_OFFSET.flags);
  const lastState = data.getUint8(END_OFFSET.last_state);
  const error = data.getUint16(END_OFFSET.error, true);
  const fin = (flag: number) => (flags & flag ? 1 : 0);
  const ackedBytes = Number(u64('bytes_acked'));
  const closedBootNs = u64('closed_boot_ns');
  const rttUs = u32('rtt_us');
  return {
    closedUnixNs: closedBootNs + bootToUnixNs,
    closedBootNs,
    receivedBytes: Number(u64('bytes_received')) - fin(END_PEER_FIN),
    sentBytes: ackedBytes + u32('bytes_in_flight') - fin(END_FIN_SENT),
    acknowledgedBytes: ackedBytes - fin(END_FIN_ACKED),
    receivedSegments: u32('segments_received'),
    sentSegments: u32('segments_sent'),
    retransmittedSegments: u32('segments_retransmitted'),
    rttUs: rttUs === UNKNOWN_U32 ? undefined : rttUs,
    closedBy: closedBy(lastState, error),
    closeCause: closeCause(lastState, error),
  };
}
