/**
 * Whether records are exported: as `wish` says or, without one, when a variable names an OTLP or logs exporter.
 *
 * OTEL_SDK_DISABLED=true and OTEL_LOGS_EXPORTER=none turn it off whatever was wished. An empty variable counts as
 * unset, and a boolean that is neither true nor false as false with a warning: OpenTelemetry's rules for its variables.
 */
export function decideExporting(
  wish: boolean | undefined,
  environment: NodeJS.ProcessEnv,
): { exporting: boolean; warnings: string[] } {
  const warnings: string[] = [];
  const value = (name: string) => environment[name]?.trim() || undefined;

  const disabledText = value('OTEL_SDK_DISABLED') ?? 'false';
  const disabled = disabledText.toLowerCase();
  if (disabled !== 'true' && disabled !== 'false') {
    warnings.push(`OTEL_SDK_DISABLED: ${JSON.stringify(disabledText)} is not true or false; taken as false`);
  }
  const off =
    disabled === 'true'
      ? 'OTEL_SDK_DISABLED=true'
      : value('OTEL_LOGS_EXPORTER') === 'none'
        ? 'OTEL_LOGS_EXPORTER=none'
        : undefined;
  if (off) {
    if (wish) warnings.push(`${off}: nothing is exported, though it was asked for; unset the variable to export`);
    return { exporting: false, warnings };
  }
  const named = Object.keys(environment).some(
    (name) => (name.startsWith('OTEL_EXPORTER_OTLP_') || name === 'OTEL_LOGS_EXPORTER') && value(name),
  );
  return { exporting: wish ?? named, warnings };
}
