import { type EnvironmentValues, oneOf, shown } from './environment-values.ts';

const EXPORTERS = ['otlp', 'console', 'none'] as const;
export type ExporterName = Exclude<(typeof EXPORTERS)[number], 'none'>;

/** What OTEL_<signal>_EXPORTER names, each once and in its order; empty: nothing is exported. */
export function readExporters(
  values: EnvironmentValues,
  name: `OTEL_${'LOGS' | 'METRICS' | 'TRACES'}_EXPORTER`,
  fallback: 'otlp' | 'none',
): readonly ExporterName[] {
  const accepted = oneOf(EXPORTERS);
  const members = (values.first(name)?.text ?? fallback).split(',').map((member) => member.trim());
  const known = members.map((member) => accepted.parse(member));
  if (known.includes('none')) return [];
  for (const [index, member] of members.entries()) {
    if (member === '' || known[index]) continue;
    values.warnings.push(`${name}: ${shown(member)} is not understood; it accepts ${accepted.accepts}; it is left out`);
  }
  return [...new Set(known.filter((exporter) => exporter !== undefined && exporter !== 'none'))];
}
