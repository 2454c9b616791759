import { setTimeout as delay } from 'node:timers/promises';
import { TcpAcceptError } from '../../errors.ts';
import type { Ledger } from '../../ledger.ts';
import type { Warn } from '../diagnostics.ts';
import { openTransport } from '../open-transport.ts';
import { readOtlpEnvironment } from '../otlp-environment.ts';
import { openSpool } from './open-spool.ts';
import type { SpoolSettings } from './spool-settings.ts';
import { SpoolingQueue } from './spooling-queue.ts';

/** How long an endpoint may take nothing before the rest is left in the spool. */
const PATIENCE_MILLIS = 10_000;
const LOOK_MILLIS = 100;
const CLOSE_MILLIS = 4000;

/**
 * Delivers what a spool holds to the endpoint of the environment, until it is empty, the endpoint takes nothing for 10 s
 * or `stopped` resolves; the ledger says what became of it.
 *
 * Throws `ERR_EXPORT_CONFIG`, `ERR_SPOOL_HELD`, and `ERR_SPOOL` for a spool that cannot be used.
 */
export async function flushSpool(
  spoolSettings: SpoolSettings,
  environment: NodeJS.ProcessEnv,
  ledger: Ledger,
  warn: Warn,
  stopped: Promise<unknown>,
): Promise<void> {
  const { settings, warnings } = readOtlpEnvironment(environment);
  for (const warning of warnings) warn(warning, warning);
  if (!settings.exporters.includes('otlp')) {
    throw new TcpAcceptError('ERR_EXPORT_CONFIG', 'OTEL_LOGS_EXPORTER: the spool is delivered by otlp only; name that');
  }
  const transport = await openTransport(settings);
  const spool = await openSpool(spoolSettings, warn);
  if (typeof spool === 'string') {
    throw new TcpAcceptError('ERR_SPOOL', `the spool ${spoolSettings.directory} cannot be used (${spool})`);
  }
  const queue = new SpoolingQueue({ settings, transport, ledger, warn, spool, spoolSettings, onSafe: () => {} });
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  const settled = () => ledger.get('delivered') + ledger.get('rejected') + ledger.get('evicted');
  let before = settled();
  let progressedAt = performance.now();
  while (!isStopped && ledger.get('spooled') + ledger.get('queued') > 0) {
    await Promise.race([stopped, delay(LOOK_MILLIS)]);
    if (settled() !== before) {
      before = settled();
      progressedAt = performance.now();
    }
    if (performance.now() - progressedAt > PATIENCE_MILLIS) break;
  }
  await queue.close(CLOSE_MILLIS);
}
