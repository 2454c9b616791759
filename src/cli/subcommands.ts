import type { OptionKey } from '../config.ts';

/** A command beside tracing. */
export interface Subcommand {
  /** One sentence for --help. */
  readonly description: string;
  /** The options it takes, also before its name; all others mean nothing to it and are refused. */
  readonly keys: readonly OptionKey[];
  /** It takes --json. */
  readonly hasJson: boolean;
  /** It takes a value without a flag, which is that of an option. */
  readonly operand?: { readonly name: string; readonly key: OptionKey };
  /** Words it takes behind its name, at most one of them, and then no --json. */
  readonly actions?: readonly string[];
}

export const SUBCOMMANDS = {
  doctor: {
    description: 'Trace a connection of its own from end to end, and say what is missing and how to mend it.',
    keys: ['hook', 'export', 'verbose'],
    hasJson: true,
  },
  listeners: {
    description: 'List the TCP listeners of this host with their owners and accept queues.',
    keys: ['ports', 'family', 'output', 'verbose'],
    hasJson: false,
  },
  spool: {
    description:
      'Show what waits on disk to be delivered; flush delivers it and ends, export prints it as OTLP JSON lines.',
    keys: ['spoolDirectory', 'spoolMaxBytes', 'spoolMaxAgeMillis', 'verbose'],
    hasJson: true,
    actions: ['flush', 'export'],
  },
  top: {
    description: 'Show who accepts what, live: rates, accept queues, waits and peers of each listener.',
    keys: ['ports', 'family', 'peers', 'locals', 'hook', 'ringBytes', 'durationMillis', 'verbose'],
    hasJson: false,
  },
  unpin: {
    description: 'End what --pin left recording in this directory, and take it away.',
    keys: ['verbose'],
    hasJson: false,
    operand: { name: 'DIR', key: 'pinDirectory' },
  },
} as const satisfies Readonly<Record<string, Subcommand>>;

export type SubcommandName = keyof typeof SUBCOMMANDS;
export const SUBCOMMAND_NAMES = Object.keys(SUBCOMMANDS) as readonly SubcommandName[];
