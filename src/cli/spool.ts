import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import { otlpJsonOf } from '../export/otlp-json.ts';
import { flushSpool } from '../export/spool/flush-spool.ts';
import { SpoolReader, type SpoolSummary } from '../export/spool/spool-reader.ts';
import { Ledger } from '../ledger.ts';
import { StopSignal } from './stop-signal.ts';
import { Warnings } from './warnings.ts';

/**
 * Shows what is on disk or, as `action` says, delivers (`flush`) or prints it (`export`); exit 0, or 1 when a flush left or
 * lost something.
 */
export async function spool(
  action: string | undefined,
  config: Config,
  environment: NodeJS.ProcessEnv,
  json: boolean,
): Promise<number> {
  const { directory } = config.spool;
  if (action === 'flush') return await flush(config, environment);
  using reader = new SpoolReader(directory);
  if (action === 'export') return await print(reader);
  const summary = reader.summary();
  process.stdout.write(json ? `${JSON.stringify(toJson(summary), undefined, 2)}\n` : toText(summary));
  return EXIT.done;
}

async function flush(config: Config, environment: NodeJS.ProcessEnv): Promise<number> {
  const { warn } = new Warnings((line) => process.stderr.write(line));
  const ledger = new Ledger();
  const stopSignal = new StopSignal();
  await flushSpool({ ...config.spool, mode: 'spill' }, environment, ledger, warn, stopSignal.reason);
  stopSignal.dispose();
  const names = ['recovered', 'delivered', 'rejected', 'dropped', 'evicted', 'spooled'] as const;
  const counts = names.map((name) => `${name}=${ledger.get(name)}`).join(' ');
  process.stderr.write(`otel-tcpaccept: ledger ${counts}\n`);
  return ledger.get('delivered') === ledger.get('recovered') ? EXIT.done : EXIT.failed;
}

/** One request a line, as the OTLP file format has it; ends when whoever reads has seen enough. */
async function print(reader: SpoolReader): Promise<number> {
  let isClosed = false;
  process.stdout.on('error', () => {
    isClosed = true;
  });
  for (const { body } of reader.requests()) {
    if (isClosed) break;
    // Called back when stdout has taken it, or never will.
    await new Promise((resolve) => process.stdout.write(`${otlpJsonOf(body)}\n`, resolve));
  }
  return EXIT.done;
}

function toJson({ oldestUnixMillis, newestUnixMillis, ...summary }: SpoolSummary) {
  return { ...summary, oldest: time(oldestUnixMillis), newest: time(newestUnixMillis) };
}

function toText({ directory, heldBy, requests, records, bytes, files, ...times }: SpoolSummary): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ['directory', heldBy === undefined ? directory : `${directory} (held by process ${heldBy})`],
    ['requests', requests],
    ['records', records],
    ['bytes', bytes],
    ['oldest', time(times.oldestUnixMillis) ?? '-'],
    ['newest', time(times.newestUnixMillis) ?? '-'],
    ...files.map((file) => ['file', `${file.name} ${file.state} ${file.bytes} bytes`] as const),
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)}  ${value}\n`).join('');
}

function time(unixMillis: number | undefined): string | undefined {
  return unixMillis === undefined ? undefined : new Date(unixMillis).toISOString();
}
