/**
 * A reader that is killed: `pinned-summary-reader.ts SETTINGS FILE`, SETTINGS as JSON for AcceptTracer.
 *
 * Appends a line `UID ACCEPTS PEER_ADDRESS` for each summary and each record, some time after it was handed over, and
 * only after some more time releases it, as one that writes to disk does. Says `ready` on stdout, with the ids of its
 * programs and links; ends in order on SIGTERM.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Identifier } from '../../src/identity/identify.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { ownBpfObjects } from './bpf-objects.ts';

const LONGEST_PAUSE_MILLIS = 30;
const INTERVAL_MILLIS = 10;

const [settings = '{}', path = ''] = process.argv.slice(2);
const file = openSync(path, 'a');
const tracer = new AcceptTracer({ hook: 'syscall', self: 'none', ...JSON.parse(settings) });
const { loadedMonotonicNs } = tracer.earlier;
const identifier = new Identifier({ cache: { identify: () => undefined }, loadedMonotonicNs });
let delivered: Promise<unknown> = Promise.resolve();

function deliver(lines: readonly string[], release: () => void): void {
  const some = lines.length % LONGEST_PAUSE_MILLIS;
  delivered = delivered
    .then(() => pause(some))
    .then(() => writeSync(file, lines.join('')))
    .then(() => pause(LONGEST_PAUSE_MILLIS - some))
    .then(release);
}

tracer.run(
  (batch) => {
    const lines = identifier
      .identify(batch)
      .records.map(({ uid, connection: { peerAddress } }) => `${uid} 1 ${peerAddress}\n`);
    deliver(lines, () => tracer.release(batch.count));
  },
  {
    holds: true,
    summaries: {
      intervalMillis: INTERVAL_MILLIS,
      onSummaries: (summaries) => {
        const lines = identifier
          .identifySummaries(summaries)
          .map(({ uid, summary: { accepts, peerAddress } }) => `${uid} ${accepts} ${peerAddress}\n`);
        deliver(lines, () => tracer.release(0, lines.length));
      },
    },
  },
);
process.once('SIGTERM', async () => {
  await tracer.stop();
  await delivered;
  process.stdout.write(`${JSON.stringify(tracer.counts())}\n`);
  tracer.close();
  process.exit(0);
});
process.stdout.write(`ready ${JSON.stringify(ownBpfObjects())}\n`);
