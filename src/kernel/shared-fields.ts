import type { AcceptedConnection } from './accepted-connection.ts';
import { OFFSET } from './record-layout.ts';

/** What the accepts of one thread have in common, until it becomes another program, user or cgroup. */
export type TaskFields = Pick<
  AcceptedConnection,
  | 'pid'
  | 'tid'
  | 'namespacePid'
  | 'userId'
  | 'realUserId'
  | 'processStartBootNs'
  | 'execCount'
  | 'executableName'
  | 'comm'
  | 'cgroupId'
  | 'networkNamespace'
  | 'mountNamespace'
>;

/** What the accepts on one local address have in common. */
export type ListenerFields = Pick<
  AcceptedConnection,
  'localAddress' | 'localPort' | 'networkType' | 'socketFamily' | 'method' | 'mptcp'
>;

/** What the accepts of one thread on one local address have in common. */
export type SharedFields = TaskFields & ListenerFields;

/** Where, in words of four bytes, the bytes of `SharedFields` are, save for whether the addresses are mapped. */
export const SHARED_WORDS: readonly number[] = [
  ...wordsOf(OFFSET.local_address, 4),
  // With them goes all that is small: family, method, flags.
  ...wordsOf(OFFSET.local_port, 2),
  OFFSET.tid,
  OFFSET.pid,
  OFFSET.namespace_pid,
  OFFSET.user_id,
  OFFSET.real_user_id,
  OFFSET.exec_count,
  ...wordsOf(OFFSET.comm, 4),
  ...wordsOf(OFFSET.executable_name, 8),
  ...wordsOf(OFFSET.process_start_boot_ns, 2),
  OFFSET.network_namespace,
  OFFSET.mount_namespace,
  ...wordsOf(OFFSET.cgroup_id, 2),
];

function wordsOf(offset: number, count: number): number[] {
  return Array.from({ length: count }, (_, word) => offset + 4 * word);
}
