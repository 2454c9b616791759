import { diag } from '@opentelemetry/api';
import { readConfig } from './config.ts';
import { TcpAcceptError } from './errors.ts';
import { TcpAcceptInstrumentation } from './instrumentation.ts';
import { PACKAGE_NAME } from './version.ts';

/*
 * `node --import otel-tcpaccept/register app.js`: the plugin with no code. TCPACCEPT_ variables are its options; without
 * TCPACCEPT_PID it traces this process only. It finds the application's logger provider whenever that is registered.
 */
try {
  const { config, warnings } = readConfig({}, process.env);
  for (const warning of warnings) diag.warn(`${PACKAGE_NAME}: ${warning}`);
  const { pid, ports, family } = config.filters;
  new TcpAcceptInstrumentation({
    processes: pid ?? 'own',
    ports,
    hook: config.hook,
    ...(family && { family }),
  });
} catch (thrown) {
  const { code, message } = TcpAcceptError.from(thrown);
  diag.error(`${PACKAGE_NAME}: ${code}: ${message}; this process runs on without accept records`);
}
