import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { TableRows, tableHeader } from '../../src/output/table.ts';
import { exampleRecord, IPV6, MAPPED } from './example-record.ts';

const PLAIN = { time: false, timestamp: false };
/** Node reads the zone anew whenever this is set. */
const environment: { TZ?: string } = process.env;
const { TZ: zone } = environment;

afterEach(() => {
  if (zone === undefined) delete environment.TZ;
  else environment.TZ = zone;
});

function row(different: Parameters<typeof exampleRecord>[0]): string {
  return new TableRows(PLAIN).row(exampleRecord(different));
}

test('the header, with each of the columns on request', () => {
  const always = 'PID     COMM         IP RADDR            RPORT LADDR            LPORT';
  assert.equal(tableHeader(PLAIN), always);
  assert.equal(tableHeader({ time: true, timestamp: false }), `TIME     ${always}`);
  assert.equal(tableHeader({ time: false, timestamp: true }), `TIME(s)  ${always}`);
  assert.equal(tableHeader({ time: true, timestamp: true }), `TIME     TIME(s)  ${always}`);
});

test('an IPv4 row, padded to its last column', () => {
  assert.equal(row({}), '812     nginx        4  10.0.0.5         51324 10.0.0.1         443  ');
});

test('IP is the family of the socket, and a mapped address is shown as the socket has it', () => {
  assert.equal(row(MAPPED), '812     nginx        6  ::ffff:10.0.0.5  51324 ::ffff:10.0.0.1  443  ');
});

test('what is longer than its column moves the rest to the right, COMM alone is cut', () => {
  assert.equal(
    row({ ...IPV6, comm: 'a-very-long-nam', pid: 41_943_040, localPort: 65_535 }),
    '41943040 a-very-long- 6  2001:db8:1111:2222:3333:4444:5555:6666 51324 ::1              65535',
  );
});

test('-t counts milliseconds from the first row, either way', () => {
  const rows = new TableRows({ time: false, timestamp: true });
  const at = (acceptedBootNs: bigint) => rows.row(exampleRecord({ acceptedBootNs })).slice(0, 16);
  const first = 5_000_000_000_999n;
  assert.equal(at(first), '0.000    812    ');
  assert.equal(at(first + 1_234_567_000n), '1.235    812    ');
  assert.equal(at(first - 20_000_000n), '-0.020   812    ');
  assert.equal(at(first + 99_999_999_000_000n), '99999.999812    ');
  assert.equal(at(first + 1n), '0.000    812    ', 'whole microseconds are compared');
});

test('-T is the time of the accept in the local zone', () => {
  const rows = new TableRows({ time: true, timestamp: false });
  const at = (unixSeconds: bigint) =>
    rows.row(exampleRecord({ acceptedUnixNs: unixSeconds * 1_000_000_000n + 999_999_999n })).slice(0, 12);
  environment.TZ = 'Asia/Kathmandu';
  assert.equal(at(1_700_000_000n), '03:58:20 812');
  assert.equal(at(1_700_000_001n), '03:58:21 812');
  environment.TZ = 'America/New_York';
  assert.equal(at(1_700_000_000n), '17:13:20 812');
});

test('-T stands before -t', () => {
  environment.TZ = 'UTC';
  assert.equal(
    new TableRows({ time: true, timestamp: true }).row(exampleRecord()),
    '22:13:20 0.000    812     nginx        4  10.0.0.5         51324 10.0.0.1         443  ',
  );
});

test('COMM cannot act on the terminal, break the line or move the columns', () => {
  const comm = (text: string) => row({ comm: text }).slice(8, 21);
  assert.equal(comm('a\u001b[2Jb\n\r\t\u007f\u009b'), 'a?[2Jb????? ' + ' ');
  assert.equal(comm('\u202eevil\u2028x\u200b'), '?evil?x?     ');
  assert.equal(comm('bad\ufffdbyte'), 'bad\ufffdbyte     ');
  assert.equal(comm('naïve café'), 'naïve café   ');
  assert.equal(comm(''), ' '.repeat(13));
});

test('COMM is cut between characters', () => {
  assert.equal(row({ comm: 'elevenchars🦀x' }).slice(8, 22), 'elevenchars🦀 ');
});
