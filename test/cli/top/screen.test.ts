import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { screenLines } from '../../../src/cli/top/screen.ts';
import { FIRST_VIEW } from '../../../src/cli/top/view.ts';
import { topRow } from './top-rows.ts';

const SUMMARY = { hook: 'fexit', clock: '12:00:00', perSecond: 125.4, lost: 0 };

test('cells stand below their headings', () => {
  const rows = [
    topRow({ containerId: '0123456789abcdef' }),
    topRow({
      localPort: 80,
      localAddress: '::',
      perSecond: 0,
      queueLength: undefined,
      queueLimit: undefined,
      waitP50Ns: undefined,
      waitP99Ns: 1.2e9,
      peers: 0,
      topPeer: undefined,
      processes: 1,
    }),
  ];
  assert.deepEqual(screenLines(rows, FIRST_VIEW, SUMMARY, { columns: 200, lines: 20 }), [
    'otel-tcpaccept top - 12:00:00, 2 listeners, 125 accepts/s, hook fexit, 0 lost',
    'sort: [r rate]  b backlog  w wait  p port   / filter   q quit',
    'LPORT LADDR             ACC/S  QUEUE  LIMIT    P50    P99 PEERS TOP PEER        PROCESS                  CONTAINER   ',
    '  443 0.0.0.0             120      3    511 40.0us  2.5ms    17 10.0.0.5        nginx[812] +3            0123456789ab',
    '   80 ::                    0      -      -      -   1.2s     - -               nginx[812]               -           ',
  ]);
});

test('no more and no wider than the screen, and what is left out is said', () => {
  const rows = Array.from({ length: 30 }, (_, index) => topRow({ localPort: 1000 + index, comm: '読み取り\u001b[2J' }));
  const lines = screenLines(rows, FIRST_VIEW, SUMMARY, { columns: 100, lines: 10 });
  assert.equal(lines.length, 10);
  assert.equal(lines.at(-1), 'and 24 more');
  for (const line of lines) {
    assert.ok(stringWidth(line) <= 100, line);
    assert.ok(!line.includes('\u001b'), line);
  }
  assert.deepEqual(screenLines(rows, FIRST_VIEW, SUMMARY, { columns: 5, lines: 2 }), ['otel-', 'sort:']);
});
