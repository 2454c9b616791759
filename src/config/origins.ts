import { longFlag } from './option-row.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey } from './options.ts';

/** One setting as it takes effect. */
export interface EffectiveSetting {
  /** The variable that sets it, or would. */
  readonly name: string;
  /** As a user would write it; empty: not set, and nothing stands for it. */
  readonly value: string;
  /** The flag or the variable it was taken from, or `default`. */
  readonly from: string;
}

/** Every option with where its value came from; `flags` and `environment` are those that `readConfig` took. */
export function optionOrigins(
  flags: { readonly [Key in OptionKey]?: string | undefined },
  environment: NodeJS.ProcessEnv,
): readonly EffectiveSetting[] {
  return OPTION_KEYS.map((key) => {
    const row = OPTIONS[key];
    const { variable: name } = row;
    const flagText = flags[key];
    if (flagText !== undefined) return { name, value: flagText, from: longFlag(row, flagText) };
    const text = environment[name];
    return text ? { name, value: text, from: name } : { name, value: row.default.text, from: 'default' };
  });
}
