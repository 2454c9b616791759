import type { Config } from '../../config.ts';
import type { AcceptTracer } from '../../kernel/accept-tracer.ts';
import { costOf } from '../give-up-root.ts';
import type { Exports } from './open-exports.ts';
import type { Recording } from './open-recording.ts';

/** Says on stderr that tracing has begun, how, and what to know of it. */
export function sayBegun(
  config: Config,
  { tracer, user }: Recording,
  { lane, description }: Exports,
  warn: (cause: string, text: string) => void,
): void {
  const { mode, output, filters, verbose } = config;
  const modeText = mode === 'auto' ? '' : `mode=${mode} `;
  process.stderr.write(
    `otel-tcpaccept: tracing hook=${tracer.hook} ${modeText}${description}${pinText(tracer, config)}\n`,
  );
  if (user) process.stderr.write(`otel-tcpaccept: ${costOf(user)}\n`);
  if (mode === 'summary' && !lane && output.format !== 'ndjson') {
    warn('mode', '--mode summary makes no rows, and nothing is exported: --output ndjson shows the summaries');
  }
  if (verbose) sayHostPid(tracer, filters.pid);
}

function pinText({ earlier }: AcceptTracer, { pinDirectory }: Config): string {
  return pinDirectory === undefined ? '' : ` pin=${pinDirectory} ${earlier.were ? 'resumed' : 'new'}`;
}

/** Records have the pids of the host, which in a container are not those one sees. */
function sayHostPid(tracer: AcceptTracer, pid: number | undefined): void {
  const hostPid = pid && tracer.hostPid();
  if (hostPid === pid) return;
  const text =
    hostPid === undefined ? `pid ${pid} is no process here now` : `pid ${pid} here is ${hostPid} on the host`;
  process.stderr.write(`otel-tcpaccept: ${text}\n`);
}
