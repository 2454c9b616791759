import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BpftraceRows } from './bpftrace-rows.ts';

const HEADER = `Attaching 2 probes...
Tracing TCP accepts. Hit Ctrl-C to end.
TIME     PID    COMM           RADDR                                   RPORT LADDR                                   LPORT BL
`;
const TIME = '03:07:59 ';
const ENDS_4 = '127.0.0.1                               55738 127.0.0.1                               35299 ';
const ENDS_6 = '::1                                     40000 fe80::1%                                443   ';
const A = ['397    workload       ', ENDS_4, '0/21\n'] as const;
const B = ['1234567 fifteen letters ', ENDS_6, '12/128\n'] as const;
const FIELDS_A = ['03:07:59', '397', 'workload', '127.0.0.1', '55738', '127.0.0.1', '35299', '0/21'];
const FIELDS_B = ['03:07:59', '1234567', 'fifteen letters', '::1', '40000', 'fe80::1%', '443', '12/128'];

test('a row after the other, in text that breaks anywhere', () => {
  const text = [HEADER, TIME, ...A, TIME, ...B].join('');
  for (let at = 0; at <= text.length; at++) {
    const rows = new BpftraceRows();
    assert.deepEqual([...rows.push(text.slice(0, at)), ...rows.push(text.slice(at))], [FIELDS_A, FIELDS_B]);
  }
});

test('the row of another CPU within a row, after each of its pieces', () => {
  const one = [TIME, ...A];
  for (let at = 1; at < one.length; at++) {
    const text = [HEADER, ...one.slice(0, at), TIME, ...B, ...one.slice(at)].join('');
    assert.deepEqual(new BpftraceRows().push(text), [FIELDS_B, FIELDS_A]);
  }
});

test('anything else is an error that shows it', () => {
  assert.throws(() => new BpftraceRows().push('Lost 12 events\n'), /printed "Lost 12 events\\n"/);
  assert.throws(() => new BpftraceRows().push(A.join('')), /a process that belongs to no row/);
});
