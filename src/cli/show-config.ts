import { decideExporting } from '../config/exporting.ts';
import { type Config, type EffectiveSetting, OPTIONS } from '../config.ts';
import type { Exported } from '../export/effective-settings.ts';

export const SHOW_CONFIG_FORMATS = ['text', 'json'] as const;
export type ShowConfigFormat = (typeof SHOW_CONFIG_FORMATS)[number];

/** The configuration as it takes effect, for stdout, and what of the OTEL_ variables was not understood. */
export async function showConfig(
  config: Config,
  options: readonly EffectiveSetting[],
  format: ShowConfigFormat,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> {
  const { exporting, exportingMetrics, exportingTraces } = config;
  const exported = { logs: exporting, metrics: exportingMetrics, traces: exportingTraces };
  const { variables, warnings } =
    exporting || exportingMetrics || exportingTraces
      ? await exportSettings(environment, exported)
      : { variables: [], warnings: [] };
  const settings = [...options.map((option) => decided(option, config, environment)), ...variables];
  const text = format === 'json' ? `${JSON.stringify({ exporting, settings }, null, 2)}\n` : table(settings);
  return { text, warnings };
}

/** Imported only when wanted, as for tracing. */
async function exportSettings(environment: NodeJS.ProcessEnv, exported: Exported) {
  const { effectiveVariables } = await import('../export/effective-settings.ts');
  return effectiveVariables(environment, exported);
}

/** Whether records are exported depends on other variables too, and so does whether connections are followed. */
function decided(
  option: EffectiveSetting,
  { exporting, connections }: Config,
  environment: NodeJS.ProcessEnv,
): EffectiveSetting {
  if (option.name === OPTIONS.connections.variable && option.value !== '')
    return { ...option, value: `${connections}` };
  if (option.name !== OPTIONS.export.variable) return option;
  const wish = option.value === '' ? undefined : option.value.toLowerCase() === 'true';
  const { decidedBy } = decideExporting(wish, environment);
  return { ...option, value: `${exporting}`, from: decidedBy ?? option.from };
}

function table(settings: readonly EffectiveSetting[]): string {
  const rows = settings.map(({ name, value, from }) => [name, value === '' ? '-' : visible(value), from] as const);
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(
    'default'.length,
    ...rows.map(([, value]) => value.length).filter((width) => width <= 48),
  );
  return [['SETTING', 'VALUE', 'FROM'] as const, ...rows]
    .map(([name, value, from]) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from}\n`)
    .join('');
}

/** A value that a terminal would act on is quoted. */
function visible(value: string): string {
  return /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(value) ? value : JSON.stringify(value);
}
