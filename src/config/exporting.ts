/**
 * Whether records are exported: as `wish` says or, without one, when a variable names an OTLP or logs exporter.
 *
 * Metrics and traces are exported only when their OTEL_METRICS_EXPORTER or OTEL_TRACES_EXPORTER names an exporter, and
 * never against the wish.
 * `decidedBy` is the variable whose word it was, `undefined` for the wish and where nothing was said.
 * OTEL_SDK_DISABLED=true and OTEL_LOGS_EXPORTER=none turn it off whatever was wished. An empty variable counts as
 * unset, and a boolean that is neither true nor false as false with a warning: OpenTelemetry's rules for its variables.
 */
export function decideExporting(
  wish: boolean | undefined,
  environment: NodeJS.ProcessEnv,
): {
  exporting: boolean;
  exportingMetrics: boolean;
  exportingTraces: boolean;
  decidedBy: string | undefined;
  warnings: string[];
} {
  const warnings: string[] = [];
  const value = (name: string) => environment[name]?.trim() || undefined;

  const disabledText = value('OTEL_SDK_DISABLED') ?? 'false';
  const disabled = disabledText.toLowerCase();
  if (disabled !== 'true' && disabled !== 'false') {
    warnings.push(`OTEL_SDK_DISABLED: ${JSON.stringify(disabledText)} is not true or false; taken as false`);
  }
  // Of the exporters named, `none` is the signal's own business.
  const isNamed = (name: string) => disabled !== 'true' && wish !== false && value(name) !== undefined;
  const others = {
    exportingMetrics: isNamed('OTEL_METRICS_EXPORTER'),
    exportingTraces: isNamed('OTEL_TRACES_EXPORTER'),
  };
  const off =
    disabled === 'true'
      ? (['OTEL_SDK_DISABLED', 'true'] as const)
      : value('OTEL_LOGS_EXPORTER') === 'none'
        ? (['OTEL_LOGS_EXPORTER', 'none'] as const)
        : undefined;
  if (off) {
    const [decidedBy] = off;
    if (wish) {
      warnings.push(`${off.join('=')}: nothing is exported, though it was asked for; unset the variable to export`);
    }
    return { exporting: false, ...others, decidedBy, warnings };
  }
  const named = Object.keys(environment).find(
    (name) => /^OTEL_EXPORTER_OTLP_(?!METRICS_|TRACES_)|^OTEL_LOGS_EXPORTER$/.test(name) && value(name),
  );
  const decidedBy = wish === undefined ? named : undefined;
  return { exporting: wish ?? named !== undefined, ...others, decidedBy, warnings };
}
