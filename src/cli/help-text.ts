import { Help } from 'commander';
import type { OptionFlag, OptionRow } from '../config.ts';
import { EXIT } from '../errors.ts';

/** Wider lines than this are hard to read; a narrower terminal, or none at all, gets its own width or 80. */
const WIDEST_COLUMNS = 120;

/** Columns --help is wrapped at. */
export function helpColumns(terminalColumns: number | undefined = process.stdout.columns): number {
  return Math.min(terminalColumns || 80, WIDEST_COLUMNS);
}

/** What stands beside a flag: its sentence, the default, and the variable that does the same. */
export function flagDescription(flag: OptionFlag, row: OptionRow<unknown>): string {
  const variable = flag.sets ? `${row.variable}=${flag.sets}` : row.variable;
  return `${flag.brief} (${row.default.text ? `default: ${row.default.text}; ` : ''}${variable})`;
}

export const DESCRIPTION = `Shows every TCP connection this host accepts, as tcpaccept(8) does, and exports each as an \
OpenTelemetry log record. Needs root.`;

const EXPORTING = `Records are exported when OTEL_LOGS_EXPORTER or any OTEL_EXPORTER_OTLP_ variable is set, or with \
--export; otherwise nothing leaves this terminal. OTEL_EXPORTER_OTLP_ENDPOINT says where to, \
OTEL_EXPORTER_OTLP_PROTOCOL how, and all of OpenTelemetry's variables mean what its specification says. \
OTEL_LOGS_EXPORTER=none and OTEL_SDK_DISABLED=true turn exporting off. What cannot be delivered is kept on disk, and \
sent before anything newer when an endpoint takes it, in this run or a later one.`;

const PRECEDENCE = `The variable in parentheses does what the flag beside it does. Flags win over variables, save \
that IPv4 and IPv6 exclude each other wherever they come from. An empty variable counts as unset.`;

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['otel-tcpaccept', 'all TCP accepts of this host'],
  ['otel-tcpaccept -t', 'with a column of seconds'],
  ['otel-tcpaccept -P 80,443', 'of two local ports'],
  ['otel-tcpaccept -p 181', 'of one process'],
  ['otel-tcpaccept -4', 'of IPv4 sockets'],
  ['otel-tcpaccept --peer 10.0.0.0/8', 'of clients in a network'],
  ['otel-tcpaccept --output ndjson --count 1', 'one accept as JSON, then stop'],
  ['otel-tcpaccept --export', 'also to a collector on this host'],
  ['otel-tcpaccept spool', 'what waits on disk'],
  ['otel-tcpaccept top', 'who accepts what, live'],
  ['otel-tcpaccept listeners', 'who listens, how full queues are'],
  ['otel-tcpaccept doctor', 'does it work here, and if not, why'],
];

/** What follows the options in --help. */
export function closingText(columns: number): string {
  const wrap = (text: string) => new Help().boxWrap(text, columns);
  const width = Math.max(...EXAMPLES.map(([command]) => command.length));
  const examples = EXAMPLES.map(([command, does]) => `  ${command.padEnd(width)}  # ${does}`).join('\n');
  const codes = `Exit codes: ${EXIT.done} done, ${EXIT.failed} failed while running, ${EXIT.usage} wrong usage, \
${EXIT.unsupported} not permitted or not supported here.`;
  return `\n${wrap(PRECEDENCE)}\n\n${wrap(EXPORTING)}\n\n${wrap(codes)}\n\nExamples:\n${examples}`;
}
