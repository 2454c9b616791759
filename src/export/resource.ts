import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';

/**
 * What the records say of this tracer: service, host and SDK, then what OTEL_RESOURCE_ATTRIBUTES and
 * OTEL_SERVICE_NAME of `process.env` say, which win in this order.
 *
 * It has no `process.*`: a record's are those of the process that accepted.
 */
export function makeResource(hostAttributes: Readonly<Record<string, string>>): {
  readonly resource: Resource;
  readonly warnings: readonly string[];
} {
  const named = detectResources({ detectors: [resourceAttributesEnvDetector] });
  const ours = { 'service.name': PACKAGE_NAME, 'service.version': PACKAGE_VERSION, ...hostAttributes };
  const resource = defaultResource()
    .merge(resourceFromAttributes(ours))
    .merge(named)
    .merge(detectResources({ detectors: [serviceNameEnvDetector] }));
  return { resource, warnings: isMalformed(named) ? [MALFORMED] : [] };
}

const MALFORMED =
  'OTEL_RESOURCE_ATTRIBUTES is not understood and left out as a whole; it accepts key=value,key=value, each percent-encoded and of at most 255 characters';

/** The specification has one bad member discard them all; the detector does so without a word. */
function isMalformed(named: Resource): boolean {
  const { OTEL_RESOURCE_ATTRIBUTES: given = '' } = process.env;
  return /[^\s,]/.test(given) && Object.keys(named.attributes).length === 0;
}
