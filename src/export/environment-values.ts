/** A variable that is set. */
export interface SetVariable {
  readonly name: string;
  /** Without the blanks around it. */
  readonly text: string;
  readonly raw: string;
}

/** What a variable's text may be. */
export interface Accepted<Value> {
  readonly parse: (text: string) => Value | undefined;
  /** In words, for the warning. */
  readonly accepts: string;
}

/** Durations and sizes end where a Node timer does, which fires at once when asked for more. */
export const MOST_INTEGER = 2 ** 31 - 1;

const LONGEST_SHOWN = 80;

/**
 * Reads variables as OpenTelemetry's configuration specification says: an empty one is unset, and one that is not
 * understood is a warning and then as good as unset.
 */
export class EnvironmentValues {
  readonly warnings: string[] = [];
  /** The variable each value was read from, by the last of the names it could have; without one it is the default. */
  readonly origins = new Map<string, string>();
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** The first of `names` that is set. */
  first(...names: readonly string[]): SetVariable | undefined {
    for (const name of names) {
      const raw = this.#environment[name] ?? '';
      const text = raw.trim();
      if (text) return { name, text, raw };
    }
    return undefined;
  }

  /** The value of the first of `names` that is set and understood, else `fallback`. */
  read<Value, Fallback>(names: readonly string[], accepted: Accepted<Value>, fallback: Fallback): Value | Fallback {
    const ignored: SetVariable[] = [];
    let value: Value | Fallback = fallback;
    for (const name of names) {
      const variable = this.first(name);
      const parsed = variable && accepted.parse(variable.text);
      if (parsed !== undefined) {
        value = parsed;
        this.origins.set(names.at(-1) ?? name, name);
        break;
      }
      if (variable) ignored.push(variable);
    }
    for (const { name, text } of ignored) {
      const used = value === Number.POSITIVE_INFINITY ? 'no limit' : String(value);
      this.warnings.push(`${name}: ${shown(text)} is not understood; it accepts ${accepted.accepts}; ${used} is used`);
    }
    return value;
  }
}

/** A value as a warning quotes it. */
export function shown(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text);
}

/** One of `choices`; case does not matter, as the specification recommends for its enumerations. */
export function oneOf<const Choice extends string>(choices: readonly Choice[]): Accepted<Choice> {
  return {
    parse: (text) => choices.find((choice) => choice === text.toLowerCase()),
    accepts: new Intl.ListFormat('en', { type: 'disjunction' }).format(choices),
  };
}

/** Decimal digits, `least` to 2^31 - 1; `what` counts, for instance `milliseconds`. */
export function wholeNumber(least: number, what: string): Accepted<number> {
  return {
    parse: (text) => {
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return number >= least && number <= MOST_INTEGER ? number : undefined;
    },
    accepts: `a whole number of ${what} from ${least} to ${MOST_INTEGER}`,
  };
}

/** A timeout in milliseconds, where the specification has 0 mean none: the longest a timer holds, 24 days. */
export const timeout: Accepted<number> = {
  parse: (text) => {
    const millis = wholeNumber(0, '').parse(text);
    return millis === 0 ? MOST_INTEGER : millis;
  },
  accepts: wholeNumber(0, 'milliseconds').accepts,
};
