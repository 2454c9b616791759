import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Listener, ListenerOwner } from '../../src/kernel/listener.ts';
import { listenersHeader, listenersRow } from '../../src/output/listeners-table.ts';
import type { ListenerRecord } from '../../src/record/listener-record.ts';

const OWNER: ListenerOwner = {
  pid: 812,
  namespacePid: 812,
  userId: 0,
  realUserId: 0,
  processStartBootNs: 1n,
  execCount: 1,
  executableName: 'nginx',
  comm: 'nginx',
  cgroupId: 1n,
  descriptor: 6,
};
const LISTENER: Listener = {
  networkType: 'ipv4',
  localAddress: '10.0.0.1',
  localPort: 443,
  socketFamily: 'inet',
  ipv6Only: false,
  mptcp: false,
  networkNamespace: 4_026_531_840,
  queueLength: 3,
  queueLimit: 511,
  reuseportGroup: 2,
  owners: [OWNER, { ...OWNER, pid: 813 }],
};

function row(listener: Partial<Listener>, containerId?: string): string {
  const process = containerId
    ? {
        executableName: undefined,
        executablePath: undefined,
        commandLine: undefined,
        parentPid: 1,
        creationTime: '2023-11-14T22:13:20.000Z',
        userName: 'www-data',
        realUserName: 'root',
        cgroupPath: undefined,
        containerId,
        containerRuntime: undefined,
        podUid: undefined,
      }
    : undefined;
  const record: ListenerRecord = { uid: '', listener: { ...LISTENER, ...listener }, process, listedUnixNs: 0n };
  return listenersRow(record);
}

test('cells stand below their headings', () => {
  assert.deepEqual(
    [listenersHeader(), row({}, '0123456789abcdef'), row({ socketFamily: 'inet6', reuseportGroup: undefined })],
    [
      'PID     COMM         IP LADDR            LPORT QUEUE LIMIT PROCS GROUP NETNS      CONTAINER',
      '812     nginx        4  10.0.0.1         443   3     511   2     2     4026531840 0123456789ab',
      '812     nginx        6  10.0.0.1         443   3     511   2     -     4026531840 -',
    ],
  );
});

test('a name that a process chose moves no cursor', () => {
  assert.match(row({ owners: [{ ...OWNER, comm: '\u001b[2Jlong-named-one' }] }), /^812 {5}\?\[2Jlong-nam 4 /);
});
