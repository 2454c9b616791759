import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { TcpAcceptError } from '../errors.ts';
import { type EnvironmentValues, type SetVariable, shown } from './environment-values.ts';
import type { OtlpProtocol, Signal } from './otlp-endpoint.ts';

const CERTIFICATE = { noun: 'certificate', parse: (pem: string): unknown => new X509Certificate(pem) };
const PRIVATE_KEY = { noun: 'private key', parse: (pem: string): unknown => createPrivateKey(pem) };
const FILES = { CERTIFICATE, CLIENT_CERTIFICATE: CERTIFICATE, CLIENT_KEY: PRIVATE_KEY } as const;

/**
 * Checks what the exporters read for themselves: they go on without a file they cannot read, unprotected.
 *
 * Throws `ERR_EXPORT_CONFIG` for a file that cannot be read or is no PEM of its kind, and for a header that cannot be
 * sent. No header is ever part of a message.
 */
export function checkCredentials(values: EnvironmentValues, protocol: OtlpProtocol, signal: Signal = 'LOGS'): void {
  const find = (suffix: string) =>
    values.first(`OTEL_EXPORTER_OTLP_${signal}_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`);
  const set = (suffix: string) => find(suffix) !== undefined;
  for (const [suffix, kind] of Object.entries(FILES)) checkFile(find(suffix), kind);
  if (set('CLIENT_KEY') !== set('CLIENT_CERTIFICATE')) {
    const [there, missing] = set('CLIENT_KEY') ? ['KEY', 'CERTIFICATE'] : ['CERTIFICATE', 'KEY'];
    values.warnings.push(
      `OTEL_EXPORTER_OTLP_CLIENT_${there} needs OTEL_EXPORTER_OTLP_CLIENT_${missing} beside it; no client certificate is used`,
    );
  }
  for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', `OTEL_EXPORTER_OTLP_${signal}_HEADERS`]) {
    checkHeaders(values, name, protocol === 'grpc' ? isMetadata : isHeader);
  }
}

function checkFile(variable: SetVariable | undefined, kind: (typeof FILES)[keyof typeof FILES]): void {
  if (!variable) return;
  // As it stands: that is what the exporters open.
  const { name, raw: path } = variable;
  const refuse = (cause: unknown, problem: string) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new TcpAcceptError('ERR_EXPORT_CONFIG', `${name}: ${shown(path)} ${problem} (${why}); name a PEM file`, {
      cause,
    });
  };
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw refuse(cause, 'cannot be read');
  }
  try {
    kind.parse(pem);
  } catch (cause) {
    throw refuse(cause, `holds no ${kind.noun} that can be used`);
  }
}

function checkHeaders(values: EnvironmentValues, name: string, canBeSent: (key: string, value: string) => boolean) {
  const members = values.first(name)?.text.split(',') ?? [];
  for (const [index, member] of members.entries()) {
    const [header] = Object.entries(parseKeyPairsIntoRecord(member));
    if (header && !canBeSent(...header)) {
      throw new TcpAcceptError(
        'ERR_EXPORT_CONFIG',
        `${name}: member ${index + 1} has characters that no header may have; percent-encode only what is meant so`,
      );
    }
    if (!header && member.trim()) {
      values.warnings.push(`${name}: member ${index + 1} is not key=value with a value, and is left out`);
    }
  }
}

function isHeader(key: string, value: string): boolean {
  try {
    validateHeaderName(key);
    validateHeaderValue(key, value);
    return true;
  } catch {
    return false;
  }
}

/** What @grpc/grpc-js takes as metadata with a text value. */
function isMetadata(key: string, value: string): boolean {
  return /^[0-9a-z_.-]+(?<!-bin)$/i.test(key) && /^[ -~]*$/.test(value);
}
