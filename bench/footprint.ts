/** How long the command takes to trace, what it holds of memory, and what a record is on the wire. */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DirectEncoder } from '../src/export/direct/direct-encoder.ts';
import { readOtlpEnvironment } from '../src/export/otlp-environment.ts';
import { RequestBatcher } from '../src/export/request-batcher.ts';
import { hostAttributes } from '../src/identity/host.ts';
import { Identifier } from '../src/identity/identify.ts';
import { ProcessCache } from '../src/identity/process-cache.ts';
import { openAcceptEncoder } from '../src/kernel/accept-encoder.ts';
import { Ledger } from '../src/ledger.ts';
import { TracerCommand } from '../test/collector/tracer-command.ts';
import { BUILT, residentMib } from './built-command.ts';
import { report } from './report.ts';
import { type Spread, spreadOf, spreadText } from './spread.ts';
import { DrainedBatches } from './user-space/drained-batches.ts';

const ROUNDS = 7;
/** Less memory of glibc. */
const START_ENV = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' };
const IDLE_MILLIS = 2000;

export interface Footprint {
  readonly startMillis: Spread;
  readonly idleMib: Spread;
  readonly plainBytes: number;
  readonly gzipBytes: number;
  readonly recordsOfARequest: number;
}

/** Bytes of a record in requests of the default size, all attributes a host without containers has. */
async function wireBytes(): Promise<Pick<Footprint, 'plainBytes' | 'gzipBytes' | 'recordsOfARequest'>> {
  const { settings } = readOtlpEnvironment({});
  const resource = resourceFromAttributes({ 'service.name': 'bench', ...(await hostAttributes()) });
  const warn = (_cause: string, text: string) => void process.stderr.write(`${text}\n`);
  const encoder = new DirectEncoder({ resource, limits: settings.limits, warn, native: openAcceptEncoder() });
  let [records, plain, zipped, requests] = [0, 0, 0, 0];
  const sink = new RequestBatcher({
    encoder,
    batch: settings.batch,
    ledger: new Ledger(),
    onRequest({ body, records: count }) {
      records += count;
      plain += body.length;
      zipped += gzipSync(body).length;
      requests++;
      encoder.takeBack(body);
    },
  });
  sink.accept(new Identifier({ cache: new ProcessCache() }).identify(new DrainedBatches().next()));
  return { plainBytes: plain / records, gzipBytes: zipped / records, recordsOfARequest: records / requests };
}

export async function footprint({ rounds = ROUNDS, idleMillis = IDLE_MILLIS } = {}): Promise<Footprint> {
  const starts: number[] = [];
  const idle: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const began = performance.now();
    await using tracer = await TracerCommand.tracing(['-P', '7', '--output', 'none'], {
      command: BUILT,
      env: { OTEL_LOGS_EXPORTER: 'otlp', ...START_ENV },
    });
    const millis = performance.now() - began;
    await pause(idleMillis);
    // The first one has the files read from disk.
    if (round >= 0) {
      starts.push(millis);
      idle.push(residentMib(tracer.pid));
    }
    await tracer.stop();
  }
  return { startMillis: spreadOf(starts), idleMib: spreadOf(idle), ...(await wireBytes()) };
}

if (import.meta.main) {
  const results = await footprint();
  report({
    name: 'footprint',
    question: 'Start until tracing, memory when idle, and bytes of a record',
    table: {
      columns: ['start, ms', 'idle RSS, MiB', 'plain, bytes', 'gzip, bytes'],
      rows: [
        [
          spreadText(results.startMillis, 0),
          spreadText(results.idleMib, 0),
          results.plainBytes.toFixed(0),
          results.gzipBytes.toFixed(0),
        ],
      ],
    },
    results,
  });
}
