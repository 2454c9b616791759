/** Reads an option's text; `undefined` says that it is not a value of the option. */
export type ParseText<Value> = (text: string) => Value | undefined;

/** Decimal digits only, `least` to `most`, both included. */
export function wholeNumber(least: number, most: number): ParseText<number> {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  };
}

export function oneOf<const Choice extends string>(choices: readonly Choice[]): ParseText<Choice> {
  return (text) => choices.find((choice) => choice === text);
}

/** Case does not matter, as OpenTelemetry asks of its own booleans. */
export const trueOrFalse: ParseText<boolean> = (text) => {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
};

const port = wholeNumber(1, 65_535);

/** Ports between commas, in the order given, each once; blanks around one are allowed, as tcpaccept(8) does. */
export const portList: ParseText<readonly number[]> = (text) => {
  const ports = text.split(',').map((item) => port(item.trim()));
  return ports.every((item) => item !== undefined) ? [...new Set(ports)] : undefined;
};

const LEAST_SECONDS = 0.001;
/** A Node timer holds 2^31 - 1 milliseconds, and fires at once when asked for more. */
const MOST_SECONDS = 2_147_483;

/** Seconds, with a fraction or without, as whole milliseconds. */
export const secondsAsMillis: ParseText<number> = (text) => {
  const seconds = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  return seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS ? Math.round(seconds * 1000) : undefined;
};

/** As `secondsAsMillis`, within narrower bounds; both included, in seconds. */
export function secondsBetween(least: number, most: number): ParseText<number> {
  return (text) => {
    const millis = secondsAsMillis(text);
    return millis !== undefined && millis >= least * 1000 && millis <= most * 1000 ? millis : undefined;
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** A power of two from one page to 1 GiB, in bytes; what the kernel takes as a ring's size. */
export const powerOfTwoBytes: ParseText<number> = (text) => {
  const [, digits, unit = ''] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
  return bytes >= 4096 && bytes <= 1024 ** 3 && Number.isInteger(Math.log2(bytes)) ? bytes : undefined;
};

/** A size in bytes, `least` to `most`, with or without a unit. */
export function bytes(least: number, most: number): ParseText<number> {
  return (text) => {
    const [, digits, unit = ''] = /^(\d+)([KMGT]?)$/i.exec(text) ?? [];
    const size = Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
    return size >= least && size <= most ? size : undefined;
  };
}

const MILLIS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time with its unit, in milliseconds, `least` to `most`. */
export function duration(least: number, most: number): ParseText<number> {
  return (text) => {
    const [, digits, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
    const millis = Number(digits) * (MILLIS[unit] ?? Number.NaN);
    return millis >= least && millis <= most ? millis : undefined;
  };
}

/** Linux's PATH_MAX less the NUL. */
const MOST_PATH_BYTES = 4095;

export const path: ParseText<string> = (text) =>
  text !== '' && Buffer.byteLength(text) <= MOST_PATH_BYTES ? text : undefined;

/** A regular expression of JavaScript, kept as it is written. */
export const pattern: ParseText<string> = (text) => {
  try {
    return new RegExp(text).source === text ? text : undefined;
  } catch {
    return undefined;
  }
};
