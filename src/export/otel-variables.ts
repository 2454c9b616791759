/** One row of the README's table of OpenTelemetry's variables. */
export interface OtelVariable {
  readonly name: string;
  /** As a user would write it; empty where there is none. */
  readonly default: string;
  /** One sentence. */
  readonly brief: string;
}

const OTLP: readonly OtelVariable[] = [
  otlp(
    'ENDPOINT',
    'http://localhost:4318',
    'Where to; `/v1/logs` is appended for HTTP. With `grpc` the default is `http://localhost:4317`, and `HOST:PORT` (TLS) and `unix:///PATH` are accepted.',
  ),
  otlp('PROTOCOL', 'http/protobuf', '`http/protobuf`, `http/json` or `grpc`.'),
  otlp('HEADERS', '', 'Headers of every request, `key=value,key=value`, percent-encoded.'),
  otlp('COMPRESSION', 'none', '`none` or `gzip`.'),
  otlp('TIMEOUT', '10000', 'Milliseconds for one attempt to send a request; 0 is no limit.'),
  otlp('CERTIFICATE', '', 'PEM file of the certificates that the endpoint’s must be signed by.'),
  otlp('CLIENT_CERTIFICATE', '', 'PEM file of our certificate, for an endpoint that asks for one.'),
  otlp('CLIENT_KEY', '', 'PEM file of the private key of our certificate.'),
  otlp('INSECURE', 'false', '`true`: no TLS, for `grpc` with an endpoint without `http://` or `https://`.'),
];

/** Every OTEL_ variable that has a meaning for the tracer, in the README's order. */
export const OTEL_VARIABLES: readonly OtelVariable[] = [
  row('OTEL_LOGS_EXPORTER', 'otlp', '`otlp`, `console` (to stdout), both with a comma, or `none`.'),
  ...OTLP,
  ...OTLP.map(({ name }) => ({
    name: name.replace('OTLP_', 'OTLP_LOGS_'),
    default: '',
    brief: name.endsWith('_ENDPOINT')
      ? 'For logs only, and wins: the whole URL, to which nothing is appended.'
      : name.endsWith('_HEADERS')
        ? 'For logs only; added to the ones above, and wins over those of the same name.'
        : 'For logs only, and wins.',
  })),
  row(
    'OTEL_BLRP_MAX_QUEUE_SIZE',
    '65536',
    'Records that may wait in memory or be under way; above it they go to the spool or, without one, the newest are dropped (the specification’s default is 2048).',
  ),
  row('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', '512', 'Records of one request.'),
  row('OTEL_BLRP_SCHEDULE_DELAY', '1000', 'Milliseconds that a batch which is not full waits.'),
  row(
    'OTEL_BLRP_EXPORT_TIMEOUT',
    '30000',
    'Milliseconds after which the next batch no longer waits for one under way.',
  ),
  row(
    'OTEL_METRICS_EXPORTER',
    'none',
    'The ledger as metrics: `otlp`, `console` (to stdout), both with a comma, or `none`.',
  ),
  row('OTEL_METRIC_EXPORT_INTERVAL', '60000', 'Milliseconds between two exports of metrics; the last is at the end.'),
  row('OTEL_METRIC_EXPORT_TIMEOUT', '30000', 'Milliseconds for one of them; at most the interval.'),
  ...OTLP.map(({ name }) => ({
    name: name.replace('OTLP_', 'OTLP_METRICS_'),
    default: '',
    brief: 'For metrics only, as those for logs.',
  })),
  row('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'cumulative', '`cumulative`, `delta` or `lowmemory`.'),
  row(
    'OTEL_TRACES_EXPORTER',
    'none',
    'A span of each connection’s time in the accept queue: `otlp`, `console` (to stdout), both with a comma, or `none`.',
  ),
  row(
    'OTEL_TRACES_SAMPLER',
    '',
    '`always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`; without it at most 100 spans a second (the specification’s default is `parentbased_always_on`).',
  ),
  row('OTEL_TRACES_SAMPLER_ARG', '', 'For `traceidratio` the share of spans to make, 0 to 1; 1 without it.'),
  row('OTEL_BSP_MAX_QUEUE_SIZE', '2048', 'Spans that may wait or be under way; the newest are dropped above it.'),
  row('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '512', 'Spans of one request.'),
  row('OTEL_BSP_SCHEDULE_DELAY', '5000', 'Milliseconds that a batch of spans which is not full waits.'),
  row('OTEL_BSP_EXPORT_TIMEOUT', '30000', 'Milliseconds after which the next batch no longer waits for one under way.'),
  ...OTLP.map(({ name }) => ({
    name: name.replace('OTLP_', 'OTLP_TRACES_'),
    default: '',
    brief: 'For traces only, as those for logs.',
  })),
  row('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '128', 'Attributes a span keeps.'),
  row('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '', 'Characters an attribute’s text keeps in a span; no limit.'),
  row('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', '128', 'Attributes a record keeps.'),
  row('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', '', 'Characters an attribute’s text keeps; no limit.'),
  row('OTEL_ATTRIBUTE_COUNT_LIMIT', '128', 'The same for records and spans; the ones for either win.'),
  row('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '', 'The same for records and spans; the ones for either win.'),
  row('OTEL_SERVICE_NAME', 'otel-tcpaccept', '`service.name` of the resource.'),
  row('OTEL_RESOURCE_ATTRIBUTES', '', 'More attributes of the resource, `key=value,key=value`, percent-encoded.'),
  row('OTEL_SDK_DISABLED', 'false', '`true`: nothing is exported.'),
  row(
    'OTEL_LOG_LEVEL',
    'info',
    'What the SDK says of itself: `none`, `error`, `warn`, `info`, `debug`, `verbose` or `all`.',
  ),
];

function otlp(suffix: string, fallback: string, brief: string): OtelVariable {
  return row(`OTEL_EXPORTER_OTLP_${suffix}`, fallback, brief);
}

function row(name: string, fallback: string, brief: string): OtelVariable {
  return { name, default: fallback, brief };
}
