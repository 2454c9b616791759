import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import type { Finding } from './doctor/check.ts';
import { checkEndpoint } from './doctor/endpoint-check.ts';
import { checkHooks } from './doctor/hook-checks.ts';
import { checkBtf, checkCapabilities, checkKernel, checkLockdown, checkTracefs } from './doctor/host-checks.ts';
import { checkLoopback } from './doctor/loopback-check.ts';

/** Looks at everything tracing needs, then traces a connection of its own and asks the endpoint; exit 0, 1 or 77. */
export async function doctor(config: Config, environment: NodeJS.ProcessEnv, json: boolean): Promise<number> {
  const findings: Finding[] = [checkKernel(), checkBtf(), checkLockdown(), checkCapabilities(), checkTracefs()];
  const hooks = checkHooks(config.hook, {
    verbose: config.verbose,
    ...(config.verbose && { onWords: (words) => void process.stderr.write(words) }),
  });
  findings.push(...hooks.findings);
  if (hooks.chosen) findings.push(await checkLoopback(hooks.chosen));
  findings.push(await checkEndpoint(config.exporting, environment));
  process.stdout.write(json ? `${JSON.stringify({ findings }, null, 2)}\n` : toText(findings));
  return exitCodeOf(findings);
}

/** 77 when this host or these rights allow no tracing, 1 when anything else fails. */
export function exitCodeOf(findings: readonly Finding[]): number {
  if (findings.some(({ unsupported }) => unsupported)) return EXIT.unsupported;
  return findings.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done;
}

function toText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, status, detail, mend }) => {
      const line = `${status.padEnd(4)}  ${name.padEnd(width)}  ${detail}\n`;
      return mend ? `${line}${' '.repeat(width + 8)}mend: ${mend}\n` : line;
    })
    .join('');
}
