import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import { Identifier } from '../identity/identify.ts';
import { identifyListeners } from '../identity/identify-listeners.ts';
import { ProcessCache } from '../identity/process-cache.ts';
import type { Listener } from '../kernel/listener.ts';
import { Listeners } from '../kernel/listeners.ts';
import { listenersHeader, listenersRow } from '../output/listeners-table.ts';
import { ndjsonLine } from '../output/ndjson.ts';
import type { ListenerRecord } from '../record/listener-record.ts';

/** Lists the host's TCP listeners, as they are now, to stdout. */
export function listListeners({ filters, output }: Config): number {
  const cache = new ProcessCache();
  const { uidPrefix } = new Identifier({ cache });
  const records = currentListeners(cache, uidPrefix).filter(({ listener }) => isWantedListener(listener, filters));
  process.stdout.write(listing(records, output.format));
  return EXIT.done;
}

/** Every listener there is now; throws `TcpAcceptError`. */
export function currentListeners(cache: ProcessCache, uidPrefix: string): ListenerRecord[] {
  using listeners = new Listeners();
  return identifyListeners(listeners.list(), cache, uidPrefix);
}

/** Whether a listener's port and family are those asked for. */
export function isWantedListener({ localPort, socketFamily }: Listener, { ports, family }: Config['filters']): boolean {
  return (ports.length === 0 || ports.includes(localPort)) && (family === undefined || family === socketFamily);
}

function listing(records: readonly ListenerRecord[], format: Config['output']['format']): string {
  if (format === 'none') return '';
  const lines =
    format === 'ndjson'
      ? records.map((record) => ndjsonLine('listener', record))
      : [listenersHeader(), ...records.map(listenersRow)];
  return lines.map((line) => `${line}\n`).join('');
}
