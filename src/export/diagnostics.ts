import { inspect } from 'node:util';
import { type DiagLogFunction, DiagLogLevel, diag } from '@opentelemetry/api';
import { diagLogLevelFromString, setGlobalErrorHandler } from '@opentelemetry/core';
import { SettledFailure } from './counting-exporter.ts';
import type { DiagLevelName } from './otlp-environment.ts';

/** Says a warning; `cause` is the same for the same trouble, however often. */
export type Warn = (cause: string, text: string) => void;

/** How the SDK begins what we say ourselves, with the endpoint and the mend. */
const TOLD_BY_US = [
  'BatchLogRecordProcessor: maxExportBatchSize',
  'Client key and certificate must both',
  'Configuration:',
  'Export failed',
  'Export retry time',
  'Export succeeded but',
  'Received Partial Success',
  'Unknown value',
];

/**
 * Shows what the SDK says of itself, for this process: errors and warnings through `warn`, the rest as lines to `print`.
 *
 * What our own warnings say is left out, except at `debug` and below: one failed export is one message.
 */
export function installDiagnostics(level: DiagLevelName, warn: Warn, print: (line: string) => void): void {
  const tellsAll = level === 'debug' || level === 'verbose' || level === 'all';
  const through = (say: (text: string, args: readonly unknown[]) => void): DiagLogFunction => {
    return (...args: unknown[]) => {
      const isTold = args.some((arg) => typeof arg === 'string' && TOLD_BY_US.some((start) => arg.startsWith(start)));
      if (tellsAll || !isTold) say(args.map(textOf).join(' '), args);
    };
  };
  const warning = through((text, args) => warn(`sdk ${args.find((arg) => typeof arg === 'string')}`, text));
  const line = through((text) => print(`otel-tcpaccept: ${text}\n`));
  diag.setLogger(
    { error: warning, warn: warning, info: line, debug: line, verbose: line },
    { logLevel: diagLogLevelFromString(level) ?? DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  setGlobalErrorHandler((error) => {
    if (!(error instanceof SettledFailure)) diag.error(typeof error === 'string' ? error : (error.message ?? ''));
  });
}

/** Of an error only the message: its other properties may hold a URL with a password. */
function textOf(argument: unknown): string {
  if (typeof argument === 'string') return argument;
  return argument instanceof Error ? argument.message : inspect(argument, { breakLength: Number.POSITIVE_INFINITY });
}
