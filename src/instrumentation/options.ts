import { inspect } from 'node:util';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import { nearestName } from '../config/nearest-name.ts';
import { TcpAcceptError } from '../errors.ts';
import { otlpPorts } from '../export/otlp-ports.ts';
import { HOOKS, type Hook } from '../kernel/binding.ts';
import type { TracerSettings } from '../kernel/open-session.ts';

/** Options of the plugin, read when it is enabled; what is left out or `undefined` traces every accept of this process. */
export interface TcpAcceptInstrumentationConfig extends InstrumentationConfig {
  /** Whose accepts: this process's (`own`, the default), every process's of the host, or one's by its pid on the host. */
  processes?: 'own' | 'all' | number | undefined;
  /** Local ports to keep, 1 to 65535; default and empty: all. */
  ports?: readonly number[] | undefined;
  /** Family of the sockets to keep; default both. An `inet6` socket may have IPv4 clients. */
  family?: 'inet' | 'inet6' | undefined;
  /** How accepts are seen; default `auto`, the best the kernel allows. */
  hook?: Hook | 'auto' | undefined;
  /** Bytes of the kernel's ring, a power of two from 4096 to 2^30; default 1 MiB, about 5,400 accepts. */
  ringBytes?: number | undefined;
  /**
   * Ports that this process exports telemetry to: its connections to them are never records. At most 32; default none.
   * Those of the OTEL_EXPORTER_OTLP_ variables (4317 and 4318 without any) count as well: name those set in code.
   */
  exporterPorts?: readonly number[] | undefined;
}

const DEFAULT_RING_BYTES = 1 << 20;
/** PID_MAX_LIMIT of include/linux/threads.h on 64-bit kernels. */
const MOST_PID = 4_194_304;
/** The kernel side holds 64, the environment names at most 4. */
const MOST_EXPORTER_PORTS = 32;

interface OptionCheck {
  readonly accepts: string;
  readonly isAccepted: (value: unknown) => boolean;
}

/** What each option may be, beside `undefined`: JavaScript callers have no compiler that tells them. */
const CHECKS: { readonly [Name in keyof Required<TcpAcceptInstrumentationConfig>]: OptionCheck } = {
  enabled: oneOf(true, false),
  processes: {
    accepts: `'own', 'all' or a pid from 1 to ${MOST_PID}`,
    isAccepted: (value) => value === 'own' || value === 'all' || isWhole(value, 1, MOST_PID),
  },
  ports: { accepts: 'an array of ports from 1 to 65535', isAccepted: isPorts },
  family: oneOf('inet', 'inet6'),
  hook: oneOf('auto', ...HOOKS),
  ringBytes: {
    accepts: 'a power of two from 4096 to 1073741824',
    isAccepted: (value) => isWhole(value, 4096, 2 ** 30) && Number.isInteger(Math.log2(value)),
  },
  exporterPorts: {
    accepts: `an array of at most ${MOST_EXPORTER_PORTS} ports from 1 to 65535`,
    isAccepted: (value) => isPorts(value) && value.length <= MOST_EXPORTER_PORTS,
  },
};

/** What the options ask of the tracer. Throws `ERR_USAGE` naming the first option with a wrong value. */
export function tracerSettings(config: TcpAcceptInstrumentationConfig, environment: NodeJS.ProcessEnv): TracerSettings {
  check(config);
  const { processes = 'own', ports = [], family, hook = 'auto', exporterPorts = [] } = config;
  return {
    hook,
    ringBytes: config.ringBytes ?? DEFAULT_RING_BYTES,
    ports,
    family,
    ownProcess: processes === 'own',
    pid: typeof processes === 'number' ? processes : undefined,
    self: 'ports',
    selfPorts: [...otlpPorts(environment), ...exporterPorts],
  };
}

/** One sentence for each option that does not exist; a slip would otherwise trace more than was meant. */
export function unknownOptions(config: TcpAcceptInstrumentationConfig): string[] {
  const known = Object.keys(CHECKS);
  return Object.keys(Object(config))
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name}: no such option; ${nearest ? `did you mean ${nearest}?` : `there are ${known.join(', ')}`}`;
    });
}

function check(config: unknown): void {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw usage('the options', config, 'an object');
  }
  for (const [name, { accepts, isAccepted }] of Object.entries(CHECKS)) {
    const value: unknown = Reflect.get(config, name);
    if (value !== undefined && !isAccepted(value)) throw usage(name, value, accepts);
  }
}

function usage(name: string, value: unknown, accepts: string): TcpAcceptError {
  return new TcpAcceptError('ERR_USAGE', `${name}: ${shown(value)} is not accepted; it accepts ${accepts}`);
}

/** As code would have it, on one short line; values may be of any kind, also those that no JSON holds. */
function shown(value: unknown): string {
  return inspect(value, {
    depth: 1,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 8,
    maxStringLength: 40,
  });
}

function oneOf(...values: readonly (string | boolean)[]): OptionCheck {
  const accepts = values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(', ');
  return {
    accepts: accepts.replace(/, ([^,]+)$/, ' or $1'),
    isAccepted: (value) => values.some((one) => one === value),
  };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isPorts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((port) => isWhole(port, 1, 65_535));
}
