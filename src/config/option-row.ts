import type { ParseText } from './option-values.ts';

export type OptionGroup = 'Options of tcpaccept(8)' | 'More filters' | 'Tracing' | 'Output' | 'Export' | 'Other';

/** A flag of the command line. */
export interface OptionFlag {
  /** As commander reads it: short, long, and the value's name if it takes one. */
  readonly flags: string;
  /** What the flag sets the option to, for a flag that takes no value: text as the variable would have it. */
  readonly sets?: string;
  /** One sentence for --help and the README. */
  readonly brief: string;
}

/** One option: the flags and the variable that set it, what it accepts, and what it is otherwise. */
export interface OptionRow<Value> {
  readonly group: OptionGroup;
  readonly flags: readonly [OptionFlag, ...OptionFlag[]];
  readonly variable: `TCPACCEPT_${string}`;
  /** What a wrong value is not: `a list of ports`. */
  readonly noun: string;
  /** What a value may be, in words. */
  readonly accepts: string;
  /** A value that is accepted. */
  readonly example: string;
  readonly parse: ParseText<Value>;
  /** `text` is the same value as a user writes it; empty where there is nothing to say. */
  readonly default: { readonly value: Value; readonly text: string };
  /** Two different values, from two flags or a flag and the variable, are refused: neither wins. */
  readonly exclusive?: true;
}

/** The long flag, without its value, that gave `text`: `--port`, or `--ipv6` for `ipv6`. Without a text, the first. */
export function longFlag(row: OptionRow<unknown>, text?: string): string {
  const { flags } = row.flags.find(({ sets }) => sets !== undefined && sets === text) ?? row.flags[0];
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}
