import { ReadStream, WriteStream } from 'node:tty';
import type { Config } from '../config.ts';
import { EXIT, TcpAcceptError } from '../errors.ts';
import { identifyListeners } from '../identity/identify-listeners.ts';
import { ProcessCache } from '../identity/process-cache.ts';
import { AcceptTracer } from '../kernel/accept-tracer.ts';
import { Listeners } from '../kernel/listeners.ts';
import { isWantedListener } from './listeners.ts';
import { resolveFilters } from './resolve-filters.ts';
import { AcceptWindow } from './top/accept-window.ts';
import { type TopRow, topRows } from './top/rows.ts';
import { screenLines } from './top/screen.ts';
import { Terminal } from './top/terminal.ts';
import { afterKey, FIRST_VIEW } from './top/view.ts';

const REFRESH_MILLIS = 1000;

/** Shows who accepts what, live, until q, Ctrl-C, or --duration. Exports and stores nothing. */
export async function top(config: Config): Promise<number> {
  const { stdin, stdout } = process;
  if (!(stdin instanceof ReadStream && stdout instanceof WriteStream)) {
    throw new TcpAcceptError(
      'ERR_USAGE',
      'top needs a terminal for input and output; otel-tcpaccept --output ndjson and otel-tcpaccept listeners do without',
    );
  }
  const filters = await resolveFilters(config.filters);
  using listeners = new Listeners();
  const tracer = new AcceptTracer({ ...filters, hook: config.hook, ringBytes: config.ringBytes, self: 'none' });
  const cache = new ProcessCache();
  const ended = Promise.withResolvers<void>();

  let view = FIRST_VIEW;
  let window = new AcceptWindow();
  let since = performance.now();
  let rows: TopRow[] = [];
  let perSecond = 0;
  tracer.run((batch) => window.add(batch.connections));

  const terminal = new Terminal(
    stdin,
    stdout,
    (key) => {
      const next = afterKey(view, key);
      if (!next) ended.resolve();
      view = next ?? view;
      draw();
    },
    () => draw(),
  );
  const draw = () => {
    const counts = tracer.counts();
    const lost = counts.ring_full + counts.unreadable + counts.missed;
    const clock = new Date().toTimeString().slice(0, 'HH:MM:SS'.length);
    terminal.show(screenLines(rows, view, { hook: tracer.hook, clock, perSecond, lost }, terminal.size));
  };
  const refresh = () => {
    const now = performance.now();
    const seconds = (now - since) / 1000;
    const records = identifyListeners(listeners.list(), cache, '').filter(({ listener }) =>
      isWantedListener(listener, config.filters),
    );
    rows = topRows(records, window, seconds);
    perSecond = window.count / seconds;
    window = new AcceptWindow();
    since = now;
    draw();
  };
  const timer = setInterval(refresh, REFRESH_MILLIS);
  try {
    refresh();
    if (config.durationMillis !== undefined) setTimeout(ended.resolve, config.durationMillis);
    await ended.promise;
  } finally {
    clearInterval(timer);
    terminal.close();
    tracer.close();
  }
  return EXIT.done;
}
