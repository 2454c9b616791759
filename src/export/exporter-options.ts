import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';
import type { OtlpSettings } from './otlp-environment.ts';

/** What the stock exporters' parsers are told, so that what was checked is what is used; the rest they read themselves. */
export function exporterOptions({
  url,
  timeoutMillis,
  compression,
}: Pick<OtlpSettings, 'url' | 'timeoutMillis' | 'compression'>) {
  return {
    url,
    timeoutMillis,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    userAgent: `${PACKAGE_NAME}/${PACKAGE_VERSION}`,
  };
}
