import { isMainThread } from 'node:worker_threads';
import { OPTION_KEYS, OPTIONS, type OptionKey, readConfig } from './config.ts';
import { TcpAcceptError } from './errors.ts';
import { say } from './instrumentation/say.ts';
import { TcpAcceptInstrumentation } from './instrumentation.ts';

/*
 * `node --import otel-tcpaccept/register app.js`: the plugin with no code. These options' TCPACCEPT_ variables are its
 * options; without TCPACCEPT_PID it traces this process only. Nothing happens with OTEL_SDK_DISABLED=true, and in worker
 * threads, which Node preloads this into as well: the main thread already traces the whole process.
 */
const APPLICABLE: readonly OptionKey[] = ['pid', 'ports', 'family', 'hook', 'ringBytes'];

function register(environment: NodeJS.ProcessEnv): void {
  const ours = Object.entries(environment).filter(([name]) => name.startsWith('TCPACCEPT_'));
  const { config, warnings } = readConfig({}, Object.fromEntries(ours));
  for (const warning of [...warnings, ...withoutEffect(environment)]) say('warn', warning);
  const { filters, hook, ringBytes } = config;
  new TcpAcceptInstrumentation({
    processes: filters.pid ?? 'own',
    ports: filters.ports,
    family: filters.family,
    hook,
    // The command's default is for a whole host.
    ringBytes: environment[OPTIONS.ringBytes.variable] ? ringBytes : undefined,
  });
}

function withoutEffect(environment: NodeJS.ProcessEnv): string[] {
  return OPTION_KEYS.filter((key) => !APPLICABLE.includes(key))
    .map((key) => OPTIONS[key].variable)
    .filter((variable) => environment[variable])
    .map((variable) => `${variable} has no effect in an application`);
}

if (isMainThread && process.env['OTEL_SDK_DISABLED']?.trim().toLowerCase() !== 'true') {
  try {
    register(process.env);
  } catch (thrown) {
    const { code, message } = TcpAcceptError.from(thrown);
    say('error', `${message}; this process runs on without accept records`, code);
  }
}
