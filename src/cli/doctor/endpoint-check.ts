import { TcpAcceptError } from '../../errors.ts';
import { readOtlpEnvironment } from '../../export/otlp-environment.ts';
import { probeEndpoint } from '../../export/probe-endpoint.ts';
import { hideSecretsOf } from '../../export/transport/hide-secrets.ts';
import { type Finding, fail, ok } from './check.ts';

/** Sends the endpoint a real export with no records in it; when exporting is off, says what would turn it on. */
export async function checkEndpoint(exporting: boolean, environment: NodeJS.ProcessEnv): Promise<Finding> {
  if (!exporting) return ok('endpoint', 'export is off; --export or OTEL_EXPORTER_OTLP_ENDPOINT turns it on');
  try {
    const { settings } = readOtlpEnvironment(environment);
    if (!settings.exporters.includes('otlp'))
      return ok('endpoint', `${settings.exporters.join(', ')}: nothing to reach`);
    const { ok: reached, detail, mend } = await probeEndpoint(settings);
    // An endpoint may repeat what it was sent.
    const shown = hideSecretsOf(environment)(detail);
    return reached ? ok('endpoint', shown) : fail('endpoint', shown, mend);
  } catch (thrown) {
    const { message, code } = TcpAcceptError.from(thrown);
    return fail('endpoint', `${message} (${code})`, 'correct the variable named');
  }
}
