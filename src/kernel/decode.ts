import type { AcceptedConnection } from './accepted-connection.ts';
import { type BatchClock, RecordView } from './record-view.ts';

/** Decodes `count` records of `RECORD_BYTES` each; the result keeps nothing of `bytes`. */
export function decodeRecords(bytes: Uint8Array, count: number, clock: BatchClock): AcceptedConnection[] {
  const view = new RecordView(bytes, clock);
  const connections: AcceptedConnection[] = [];
  for (let i = 0; i < count; i++) {
    view.moveTo(i);
    connections.push(decoded(view));
  }
  return connections;
}

function decoded(view: AcceptedConnection): AcceptedConnection {
  return {
    acceptedUnixNs: view.acceptedUnixNs,
    observedUnixNs: view.observedUnixNs,
    acceptedBootNs: view.acceptedBootNs,
    cpu: view.cpu,
    sequence: view.sequence,
    networkType: view.networkType,
    peerAddress: view.peerAddress,
    peerPort: view.peerPort,
    localAddress: view.localAddress,
    localPort: view.localPort,
    socketFamily: view.socketFamily,
    pid: view.pid,
    tid: view.tid,
    namespacePid: view.namespacePid,
    userId: view.userId,
    realUserId: view.realUserId,
    processStartBootNs: view.processStartBootNs,
    execCount: view.execCount,
    executableName: view.executableName,
    comm: view.comm,
    cgroupId: view.cgroupId,
    socketCookie: view.socketCookie,
    networkNamespace: view.networkNamespace,
    mountNamespace: view.mountNamespace,
    queueDurationNs: view.queueDurationNs,
    queueLength: view.queueLength,
    queueLimit: view.queueLimit,
    rttUs: view.rttUs,
    method: view.method,
    mptcp: view.mptcp,
  };
}
