#!/usr/bin/env -S node --max-semi-space-size=8
import { EXIT, TcpAcceptError } from '../errors.ts';
import { misspelledVariables } from './misspelled-variables.ts';
import { parseCommandLine } from './program.ts';
import { showConfig } from './show-config.ts';

/** Says a failure in one line; with `verbose`, also everything libbpf and the verifier said. */
function report(thrown: unknown, verbose: boolean): number {
  const error = TcpAcceptError.from(thrown);
  process.stderr.write(`otel-tcpaccept: ${error.message} (${error.code})\n`);
  if (verbose && error.log) process.stderr.write(error.log);
  if (verbose && error.code === 'ERR_INTERNAL' && error.cause instanceof Error) {
    process.stderr.write(`${error.cause.stack}\n`);
  }
  return error.exitCode;
}

async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let verbose = false;
  try {
    const parsed = parseCommandLine(argv, environment);
    if (parsed.command === 'print') {
      process.stdout.write(parsed.text);
      return EXIT.done;
    }
    verbose = parsed.config.verbose;
    const warn = (warning: string) => void process.stderr.write(`otel-tcpaccept: warning: ${warning}\n`);
    for (const warning of [...parsed.warnings, ...misspelledVariables(environment)]) warn(warning);
    if (parsed.command === 'show-config') {
      const { text, warnings } = await showConfig(parsed.config, parsed.options, parsed.format, environment);
      for (const warning of warnings) warn(warning);
      process.stdout.write(text);
      return EXIT.done;
    }
    if (parsed.command === 'doctor') {
      const { doctor } = await import('./doctor.ts');
      return await doctor(parsed.config, environment, parsed.json);
    }
    if (parsed.command === 'spool') {
      const { spool } = await import('./spool.ts');
      return await spool(parsed.action, parsed.config, environment, parsed.json);
    }
    if (parsed.command === 'listeners') {
      const { listListeners } = await import('./listeners.ts');
      return listListeners(parsed.config);
    }
    if (parsed.command === 'top') {
      const { top } = await import('./top.ts');
      return await top(parsed.config);
    }
    if (parsed.command === 'unpin') {
      const { unpin } = await import('./unpin.ts');
      return unpin(parsed.config);
    }
    const { trace } = await import('./trace.ts');
    return await trace(parsed.config, environment);
  } catch (thrown) {
    return report(thrown, verbose);
  }
}

// Without a listener, a warning nobody reads any more (`2>&1 | head`) would end the tracing.
process.stderr.on('error', () => {});
// What is written last is less than a pipe holds, so it is out by now; a dead endpoint's retries must not hold us.
process.exit(await main(process.argv.slice(2), process.env));
