import { nearestName } from '../config/nearest-name.ts';
import { OTEL_VARIABLES } from '../export/otel-variables.ts';

/** Names that OpenTelemetry has for what is not done here; an application's environment may well have them. */
const ELSEWHERE =
  /^OTEL_(EXPORTER_OTLP_(METRICS|SPAN|METRIC)_|EXPORTER_(JAEGER|ZIPKIN|PROMETHEUS)_|SPAN_|EVENT_|LINK_|METRICS?_|NODE_|PROPAGATORS$|CONFIG_|EXPERIMENTAL_)/;

/** A warning for each OTEL_ variable that is set and is, but for a slip, one that has a meaning here. */
export function misspelledVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = OTEL_VARIABLES.map(({ name }) => name);
  return Object.keys(environment)
    .filter((name) => name.startsWith('OTEL_') && environment[name]?.trim())
    .filter((name) => !known.includes(name) && !ELSEWHERE.test(name))
    .flatMap((name) => {
      const nearest = nearestName(name, known);
      return nearest ? [`${name}: no such variable; did you mean ${nearest}?`] : [];
    });
}
