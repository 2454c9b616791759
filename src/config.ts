import { decideExporting } from './config/exporting.ts';
import { decideFollowing } from './config/following.ts';
import { nearestName } from './config/nearest-name.ts';
import { longFlag, type OptionRow } from './config/option-row.ts';
import { OPTION_KEYS, OPTIONS, type OptionKey, type OutputFormat, type SpoolMode } from './config/options.ts';
import { TcpAcceptError } from './errors.ts';
import type { RuntimeAddress } from './identity/runtime/runtime-address.ts';
import type { Hook } from './kernel/binding.ts';
import type { AddressRange, Selection } from './kernel/selection.ts';
import type { Mode } from './kernel/summary-layout.ts';

export { longFlag, type OptionFlag, type OptionRow } from './config/option-row.ts';
export { OPTION_KEYS, OPTIONS, type OptionKey, type OutputFormat, type SpoolMode } from './config/options.ts';
export { type EffectiveSetting, optionOrigins } from './config/origins.ts';

/** What a command was told to do; frozen, and every value checked. Times are milliseconds, sizes bytes. */
export interface Config {
  /** What to keep; all of them at once. */
  readonly filters: {
    /** Thread-group id in our own pid namespace. */
    readonly pid: number | undefined;
    /** Local ports, host order; empty keeps all. */
    readonly ports: readonly number[];
    /** Family of the socket, not of the client's address. */
    readonly family: 'inet' | 'inet6' | undefined;
    readonly cgroupMapPath: string | undefined;
    readonly mountNamespaceMapPath: string | undefined;
    readonly peers: Selection<AddressRange>;
    readonly locals: Selection<AddressRange>;
    /** Effective ids, or names still to be looked up. */
    readonly users: Selection<number | string>;
    /** Inode numbers, or paths. */
    readonly networkNamespaces: Selection<number | string>;
    /** Absolute paths of directories, or of cgroups as /proc/PID/cgroup has them. */
    readonly cgroups: Selection<string>;
    /** Ids, or how they begin. */
    readonly containers: Selection<string>;
  };
  readonly hook: 'auto' | Hook;
  /** A power of two from 4096 to 2^30. */
  readonly ringBytes: number;
  readonly mode: Mode;
  /** From 100 to 3,600,000. */
  readonly summaryIntervalMillis: number;
  /** Whether connections are followed to their end, for spans of their lives. */
  readonly connections: boolean;
  /** Where to pin, on a BPF file system. */
  readonly pinDirectory: string | undefined;
  readonly output: {
    readonly format: OutputFormat;
    readonly time: boolean;
    readonly timestamp: boolean;
  };
  /** Whom to go on as once attached: an id, or a name still to be looked up. */
  readonly runAsUser: number | string | undefined;
  /** At most 2^31 - 1, so that it fits a timer. */
  readonly durationMillis: number | undefined;
  readonly count: number | undefined;
  readonly commandLine: {
    readonly isWanted: boolean;
    /** Regular expression of what becomes `***`, whatever its case. */
    readonly secrets: string;
  };
  /** Whom to ask what containers and their images are called; empty: nobody. */
  readonly containerRuntimes: readonly RuntimeAddress[];
  /** Begin with an event of every listener. */
  readonly listeners: boolean;
  /** How and where is for the exporter to read from the OTEL_ variables. */
  readonly exporting: boolean;
  /** What is kept on disk until it is delivered. */
  readonly spool: {
    readonly mode: SpoolMode;
    readonly directory: string;
    readonly maxBytes: number;
    readonly maxAgeMillis: number;
  };
  /** Whether the ledger may be exported as metrics; which exporter is for OTEL_METRICS_EXPORTER to say. */
  readonly exportingMetrics: boolean;
  /** The same for spans of accepts, and OTEL_TRACES_EXPORTER. */
  readonly exportingTraces: boolean;
  readonly verbose: boolean;
}

/** What flags set, as text and by option: for a flag without a value, what it `sets`. */
export type FlagTexts = { readonly [Key in OptionKey]?: string | undefined };

/**
 * The configuration: flags win over variables, variables over defaults; an empty variable counts as unset.
 *
 * Throws `ERR_USAGE` on the first wrong value. A TCPACCEPT_ variable that does not exist is only a warning.
 */
export function readConfig(
  flags: FlagTexts,
  environment: NodeJS.ProcessEnv,
): { readonly config: Config; readonly warnings: readonly string[] } {
  const read = <Value>(row: OptionRow<Value>, flagText: string | undefined): Value =>
    readOption(row, flagText, environment[row.variable] || undefined);
  const filters = {
    pid: read(OPTIONS.pid, flags.pid),
    ports: Object.freeze(read(OPTIONS.ports, flags.ports)),
    family: read(OPTIONS.family, flags.family),
    cgroupMapPath: read(OPTIONS.cgroupMapPath, flags.cgroupMapPath),
    mountNamespaceMapPath: read(OPTIONS.mountNamespaceMapPath, flags.mountNamespaceMapPath),
    peers: read(OPTIONS.peers, flags.peers),
    locals: read(OPTIONS.locals, flags.locals),
    users: read(OPTIONS.users, flags.users),
    networkNamespaces: read(OPTIONS.networkNamespaces, flags.networkNamespaces),
    cgroups: read(OPTIONS.cgroups, flags.cgroups),
    containers: read(OPTIONS.containers, flags.containers),
  };
  const output = {
    format: read(OPTIONS.output, flags.output),
    time: read(OPTIONS.time, flags.time),
    timestamp: read(OPTIONS.timestamp, flags.timestamp),
  };
  const spool = {
    mode: read(OPTIONS.spoolMode, flags.spoolMode),
    directory: read(OPTIONS.spoolDirectory, flags.spoolDirectory),
    maxBytes: read(OPTIONS.spoolMaxBytes, flags.spoolMaxBytes),
    maxAgeMillis: read(OPTIONS.spoolMaxAgeMillis, flags.spoolMaxAgeMillis),
  };
  const mode = read(OPTIONS.mode, flags.mode);
  const pinDirectory = read(OPTIONS.pinDirectory, flags.pinDirectory);
  const { warnings, exporting, exportingMetrics, exportingTraces } = decideExporting(
    read(OPTIONS.export, flags.export),
    environment,
  );
  const following = decideFollowing({
    wish: read(OPTIONS.connections, flags.connections),
    mode,
    pinDirectory,
    exportingTraces: exportingTraces && environment['OTEL_TRACES_EXPORTER']?.trim() !== 'none',
  });
  const config = {
    filters: Object.freeze(filters),
    hook: read(OPTIONS.hook, flags.hook),
    ringBytes: read(OPTIONS.ringBytes, flags.ringBytes),
    mode,
    summaryIntervalMillis: read(OPTIONS.summaryIntervalMillis, flags.summaryIntervalMillis),
    connections: following.connections,
    pinDirectory,
    output: Object.freeze(output),
    runAsUser: read(OPTIONS.runAsUser, flags.runAsUser),
    durationMillis: read(OPTIONS.durationMillis, flags.durationMillis),
    count: read(OPTIONS.count, flags.count),
    commandLine: Object.freeze({
      isWanted: read(OPTIONS.commandLine, flags.commandLine),
      secrets: read(OPTIONS.commandLineRedact, flags.commandLineRedact),
    }),
    containerRuntimes: Object.freeze(read(OPTIONS.containerRuntimes, flags.containerRuntimes)),
    listeners: read(OPTIONS.listeners, flags.listeners),
    exporting,
    spool: Object.freeze(spool),
    exportingMetrics,
    exportingTraces,
    verbose: read(OPTIONS.verbose, flags.verbose),
  };
  return {
    config: Object.freeze(config),
    warnings: [...warnings, ...following.warnings, ...unknownVariables(environment)],
  };
}

function readOption<Value>(
  row: OptionRow<Value>,
  flagText: string | undefined,
  variableText: string | undefined,
): Value {
  const fromFlag = flagText === undefined ? undefined : parsed(row, flagText, longFlag(row), ' ');
  if (fromFlag !== undefined && !row.exclusive) return fromFlag;
  const fromVariable = variableText === undefined ? undefined : parsed(row, variableText, row.variable, '=');
  if (fromFlag !== undefined && fromVariable !== undefined && fromFlag !== fromVariable) {
    const flag = longFlag(row, flagText);
    throw usage(`${flag} and ${row.variable}=${variableText} exclude each other; give one of the two`);
  }
  return fromFlag ?? fromVariable ?? row.default.value;
}

/** The value, or the error that names where it came from: `source` and what stands between it and a value. */
function parsed<Value>(row: OptionRow<Value>, text: string, source: string, separator: string): Value {
  const value = row.parse(text);
  if (value !== undefined) return value;
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
  const { noun, accepts, example } = row;
  throw usage(
    `${source}: ${shown} is not ${noun}; it accepts ${accepts}, for instance ${source}${separator}${example}`,
  );
}

function usage(message: string): TcpAcceptError {
  return new TcpAcceptError('ERR_USAGE', message);
}

function unknownVariables(environment: NodeJS.ProcessEnv): string[] {
  const known: string[] = OPTION_KEYS.map((key) => OPTIONS[key].variable);
  return Object.keys(environment)
    .filter((name) => name.startsWith('TCPACCEPT_') && !known.includes(name))
    .map((name) => {
      const nearest = nearestVariable(name, known);
      return `${name}: no such variable; ${nearest ? `did you mean ${nearest}?` : 'see otel-tcpaccept --help'}`;
    });
}

/** Compared without what all of them begin with, which would make any two look alike. */
function nearestVariable(name: string, known: readonly string[]): string | undefined {
  const bare = (variable: string) => variable.slice('TCPACCEPT_'.length);
  const nearest = nearestName(bare(name), known.map(bare));
  return nearest && `TCPACCEPT_${nearest}`;
}
