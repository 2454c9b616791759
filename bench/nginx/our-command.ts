import type { LedgerCounts } from '../../src/ledger.ts';
import { readLedger } from '../../test/collector/ledger-line.ts';
import { TracerCommand } from '../../test/collector/tracer-command.ts';
import { BUILT, toldAccepts } from '../built-command.ts';
import type { Nginx } from './nginx.ts';
import type { Watching } from './watching.ts';

/** Nobody's: the echo port is not served here. */
const OTHER_PORT = 7;

interface OurCommand {
  readonly name: string;
  readonly endpoint: string;
  readonly args: (nginx: Nginx) => readonly string[];
  /** Of the ledger: where each accept must be found. */
  readonly shown: (ledger: LedgerCounts) => number;
}

function ourCommand({ name, endpoint, args, shown }: OurCommand): Watching {
  return {
    name,
    async start(nginx) {
      const command = await TracerCommand.tracing([...args(nginx), '--output', 'none'], {
        command: BUILT,
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      });
      return {
        pid: command.pid,
        async end() {
          const { stderr } = await command.stop();
          await command[Symbol.asyncDispose]();
          return shown(readLedger(stderr));
        },
      };
    },
  };
}

/** In events mode, in summary mode, and with a filter that keeps none. */
export function ourCommands(endpoint: string): readonly Watching[] {
  const events = ({ port }: Nginx) => ['-P', `${port}`, '--mode', 'events'];
  const summary = ({ port }: Nginx) => ['-P', `${port}`, '--mode', 'summary'];
  return [
    ourCommand({ name: 'events', endpoint, args: events, shown: toldAccepts }),
    ourCommand({ name: 'summary', endpoint, args: summary, shown: toldAccepts }),
    ourCommand({
      name: 'filtered out',
      endpoint,
      args: () => ['-P', `${OTHER_PORT}`],
      shown: ({ filtered }) => filtered,
    }),
  ];
}
