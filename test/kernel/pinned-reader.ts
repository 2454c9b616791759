/**
 * A reader that is killed: `pinned-reader.ts SETTINGS FILE`, SETTINGS as JSON for AcceptTracer.
 *
 * Appends a line `UID PEER_PORT CPU SEQUENCE` for each record and only later releases it, as one that writes to disk
 * does. Says `ready` on stdout, with the ids of its programs and links; ends in order on SIGTERM.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Identifier } from '../../src/identity/identify.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { ownBpfObjects } from './bpf-objects.ts';

const LONGEST_HOLD_MILLIS = 20;

const [settings = '{}', path = ''] = process.argv.slice(2);
const file = openSync(path, 'a');
const tracer = new AcceptTracer({ hook: 'syscall', self: 'none', ...JSON.parse(settings) });
const { loadedMonotonicNs } = tracer.earlier;
const identifier = new Identifier({ cache: { identify: () => undefined }, loadedMonotonicNs });
let released: Promise<unknown> = Promise.resolve();

tracer.run(
  (batch) => {
    const lines = identifier
      .identify(batch)
      .records.map(({ uid, connection: { peerPort, cpu, sequence } }) => `${uid} ${peerPort} ${cpu} ${sequence}\n`);
    writeSync(file, lines.join(''));
    released = released.then(() => pause(batch.count % LONGEST_HOLD_MILLIS)).then(() => tracer.release(batch.count));
  },
  { holds: true },
);
process.once('SIGTERM', async () => {
  await tracer.stop();
  await released;
  process.stdout.write(`${JSON.stringify(tracer.counts())}\n`);
  tracer.close();
  process.exit(0);
});
process.stdout.write(`ready ${JSON.stringify(ownBpfObjects())}\n`);
