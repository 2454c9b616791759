import type { RuntimeAddress } from '../identity/runtime/runtime-address.ts';
import type { Hook } from '../kernel/binding.ts';
import type { AddressRange, Selection } from '../kernel/selection.ts';
import type { Mode } from '../kernel/summary-layout.ts';
import { addressRange } from './address-range.ts';
import { containerRuntimes } from './container-runtimes.ts';
import type { OptionRow } from './option-row.ts';
import {
  bytes,
  duration,
  oneOf,
  path,
  pattern,
  portList,
  powerOfTwoBytes,
  secondsAsMillis,
  secondsBetween,
  trueOrFalse,
  wholeNumber,
} from './option-values.ts';
import { absolutePath, containerId, EVERYTHING, namespace, selectionOf, user } from './selection.ts';

export type SpoolMode = 'spill' | 'always' | 'off';
export type OutputFormat = 'table' | 'ndjson' | 'none';

/** The value of every option, by its key. `undefined`: not given, and nothing stands for it. */
export interface OptionValues {
  readonly time: boolean;
  readonly timestamp: boolean;
  readonly pid: number | undefined;
  readonly ports: readonly number[];
  readonly family: 'inet' | 'inet6' | undefined;
  readonly cgroupMapPath: string | undefined;
  readonly mountNamespaceMapPath: string | undefined;
  readonly peers: Selection<AddressRange>;
  readonly locals: Selection<AddressRange>;
  readonly users: Selection<number | string>;
  readonly networkNamespaces: Selection<number | string>;
  readonly cgroups: Selection<string>;
  readonly containers: Selection<string>;
  readonly output: OutputFormat;
  readonly hook: 'auto' | Hook;
  readonly ringBytes: number;
  readonly pinDirectory: string | undefined;
  readonly runAsUser: number | string | undefined;
  readonly mode: Mode;
  readonly summaryIntervalMillis: number;
  readonly connections: boolean;
  readonly durationMillis: number | undefined;
  readonly count: number | undefined;
  readonly commandLine: boolean;
  readonly commandLineRedact: string;
  readonly containerRuntimes: readonly RuntimeAddress[];
  readonly listeners: boolean;
  readonly export: boolean | undefined;
  readonly spoolMode: SpoolMode;
  readonly spoolDirectory: string;
  readonly spoolMaxBytes: number;
  readonly spoolMaxAgeMillis: number;
  readonly verbose: boolean;
}
export type OptionKey = keyof OptionValues;

const FALSE = { value: false, text: '' } as const;
const NONE = { value: undefined, text: '' } as const;
const TRUE_OR_FALSE = { noun: 'true or false', accepts: 'true or false', example: 'true', parse: trueOrFalse } as const;

const FAMILIES = { ipv4: 'inet', ipv6: 'inet6' } as const;
const family = oneOf(['ipv4', 'ipv6']);

const ALL = { value: EVERYTHING, text: '' } as const;
const OR_NOT = 'separated by commas, each with ! before it to leave it out';
const RANGES = {
  noun: 'a list of addresses',
  accepts: `IPv4 and IPv6 addresses and CIDR ranges ${OR_NOT}`,
  example: '10.0.0.0/8,2001:db8::/32',
  parse: selectionOf(addressRange),
  default: ALL,
} as const;

/** What stands behind a word that secrets are called by. */
const SECRETS = String.raw`(?<=(?:pass(?:word|wd|phrase)?|secret|token|credentials?|(?:api|access|private)[-_]?key)[=: ])\S+`;

/** PID_MAX_LIMIT of include/linux/threads.h on 64-bit kernels. */
const MOST_PID = 4_194_304;

/** The option table: the command line, the variables, their errors, --help and the README are made from it. */
export const OPTIONS: { readonly [Key in OptionKey]: OptionRow<OptionValues[Key]> } = {
  time: {
    group: 'Options of tcpaccept(8)',
    flags: [{ flags: '-T, --time', sets: 'true', brief: 'Add a TIME column: when it was accepted, HH:MM:SS.' }],
    variable: 'TCPACCEPT_TIME',
    ...TRUE_OR_FALSE,
    default: FALSE,
  },
  timestamp: {
    group: 'Options of tcpaccept(8)',
    flags: [{ flags: '-t, --timestamp', sets: 'true', brief: 'Add a TIME(s) column: seconds since the first row.' }],
    variable: 'TCPACCEPT_TIMESTAMP',
    ...TRUE_OR_FALSE,
    default: FALSE,
  },
  pid: {
    group: 'Options of tcpaccept(8)',
    flags: [{ flags: '-p, --pid <PID>', brief: 'Only this process, by its id where this runs.' }],
    variable: 'TCPACCEPT_PID',
    noun: 'a process id',
    accepts: `a whole number from 1 to ${MOST_PID}`,
    example: '181',
    parse: wholeNumber(1, MOST_PID),
    default: NONE,
  },
  ports: {
    group: 'Options of tcpaccept(8)',
    flags: [{ flags: '-P, --port <PORTS>', brief: 'Only these local ports, separated by commas.' }],
    variable: 'TCPACCEPT_PORT',
    noun: 'a list of ports',
    accepts: 'whole numbers from 1 to 65535 separated by commas',
    example: '80,443',
    parse: portList,
    default: { value: [], text: '' },
  },
  family: {
    group: 'Options of tcpaccept(8)',
    flags: [
      { flags: '-4, --ipv4', sets: 'ipv4', brief: 'Only IPv4 sockets.' },
      { flags: '-6, --ipv6', sets: 'ipv6', brief: 'Only IPv6 sockets, their IPv4 clients included.' },
    ],
    variable: 'TCPACCEPT_FAMILY',
    noun: 'an address family',
    accepts: 'ipv4 or ipv6',
    example: 'ipv4',
    parse: (text) => {
      const name = family(text);
      return name && FAMILIES[name];
    },
    default: NONE,
    exclusive: true,
  },
  cgroupMapPath: {
    group: 'Options of tcpaccept(8)',
    flags: [{ flags: '--cgroupmap <PATH>', brief: 'Only the cgroups whose ids are keys of this pinned BPF map.' }],
    variable: 'TCPACCEPT_CGROUPMAP',
    noun: 'a path',
    accepts: 'the path of a pinned BPF map, at most 4095 bytes',
    example: '/sys/fs/bpf/cgroupset',
    parse: path,
    default: NONE,
  },
  mountNamespaceMapPath: {
    group: 'Options of tcpaccept(8)',
    flags: [
      { flags: '--mntnsmap <PATH>', brief: 'Only the mount namespaces whose inodes are keys of this pinned BPF map.' },
    ],
    variable: 'TCPACCEPT_MNTNSMAP',
    noun: 'a path',
    accepts: 'the path of a pinned BPF map, at most 4095 bytes',
    example: '/sys/fs/bpf/mnt_ns_set',
    parse: path,
    default: NONE,
  },
  peers: {
    group: 'More filters',
    flags: [
      {
        flags: '--peer <RANGES>',
        brief: 'Only clients with these addresses; the smallest range that holds one decides.',
      },
    ],
    variable: 'TCPACCEPT_PEER',
    ...RANGES,
  },
  locals: {
    group: 'More filters',
    flags: [
      {
        flags: '--local <RANGES>',
        brief: 'Only what was accepted on these addresses; the smallest range decides.',
      },
    ],
    variable: 'TCPACCEPT_LOCAL',
    ...RANGES,
  },
  users: {
    group: 'More filters',
    flags: [{ flags: '--uid <USERS>', brief: 'Only processes with these effective users.' }],
    variable: 'TCPACCEPT_UID',
    noun: 'a list of users',
    accepts: `user ids and names ${OR_NOT}`,
    example: '0,www-data',
    parse: selectionOf(user),
    default: ALL,
  },
  networkNamespaces: {
    group: 'More filters',
    flags: [{ flags: '--netns <NAMESPACES>', brief: 'Only sockets of these network namespaces.' }],
    variable: 'TCPACCEPT_NETNS',
    noun: 'a list of network namespaces',
    accepts: `inode numbers and absolute paths, of /run/netns/NAME or /proc/PID/ns/net, ${OR_NOT}`,
    example: '/run/netns/blue,4026531833',
    parse: selectionOf(namespace),
    default: ALL,
  },
  cgroups: {
    group: 'More filters',
    flags: [{ flags: '--cgroup <PATHS>', brief: 'Only these cgroups (v2) and those below them.' }],
    variable: 'TCPACCEPT_CGROUP',
    noun: 'a list of cgroups',
    accepts: `absolute paths, of directories or as /proc/PID/cgroup has them, ${OR_NOT}`,
    example: '/system.slice/nginx.service',
    parse: selectionOf(absolutePath),
    default: ALL,
  },
  containers: {
    group: 'More filters',
    flags: [{ flags: '--container <IDS>', brief: 'Only these containers, which must be running (cgroup v2).' }],
    variable: 'TCPACCEPT_CONTAINER',
    noun: 'a list of containers',
    accepts: `ids in lowercase or their first 12 digits and more, ${OR_NOT}`,
    example: '0123456789ab',
    parse: selectionOf(containerId),
    default: ALL,
  },
  hook: {
    group: 'Tracing',
    flags: [{ flags: '--hook <HOOK>', brief: 'How accepts are seen; auto takes the best this kernel allows.' }],
    variable: 'TCPACCEPT_HOOK',
    noun: 'a hook',
    accepts: 'auto, fexit, kretprobe or syscall',
    example: 'fexit',
    parse: oneOf(['auto', 'fexit', 'kretprobe', 'syscall']),
    default: { value: 'auto', text: 'auto' },
  },
  ringBytes: {
    group: 'Tracing',
    flags: [{ flags: '--ring-bytes <BYTES>', brief: 'Room for accepts on their way out of the kernel.' }],
    variable: 'TCPACCEPT_RING_BYTES',
    noun: 'a size of the ring',
    accepts: 'a power of two from 4096 to 1G, in bytes or with K, M or G after it',
    example: '64M',
    parse: powerOfTwoBytes,
    default: { value: 8 * 1024 ** 2, text: '8M' },
  },
  runAsUser: {
    group: 'Tracing',
    flags: [{ flags: '--user <NAME>', brief: 'Give up root for this user once the programs are attached.' }],
    variable: 'TCPACCEPT_USER',
    noun: 'a user',
    accepts: 'the name or id of a user of this host',
    example: 'nobody',
    parse: user,
    default: NONE,
  },
  pinDirectory: {
    group: 'Tracing',
    flags: [
      {
        flags: '--pin <DIR>',
        brief: 'Go on recording in the kernel when this process ends, and go on from there at the next start.',
      },
    ],
    variable: 'TCPACCEPT_PIN',
    noun: 'a directory',
    accepts: 'an absolute path on a BPF file system, at most 4095 bytes',
    example: '/sys/fs/bpf/otel-tcpaccept',
    parse: absolutePath,
    default: NONE,
  },
  mode: {
    group: 'Tracing',
    flags: [
      {
        flags: '--mode <MODE>',
        brief: 'A record for each accept, exact counts by the kernel, or counts only while there are too many accepts.',
      },
    ],
    variable: 'TCPACCEPT_MODE',
    noun: 'a mode',
    accepts: 'events, summary or auto',
    example: 'summary',
    parse: oneOf(['events', 'summary', 'auto']),
    default: { value: 'auto', text: 'auto' },
  },
  summaryIntervalMillis: {
    group: 'Tracing',
    flags: [{ flags: '--summary-interval <SECONDS>', brief: 'How often counts become records.' }],
    variable: 'TCPACCEPT_SUMMARY_INTERVAL',
    noun: 'an interval',
    accepts: 'seconds from 0.1 to 3600, with a fraction or without',
    example: '60',
    parse: secondsBetween(0.1, 3600),
    default: { value: 10_000, text: '10' },
  },
  connections: {
    group: 'Tracing',
    flags: [
      {
        flags: '--connections',
        sets: 'true',
        brief: 'Also a span of the life of each connection whose accept has one; wants OTEL_TRACES_EXPORTER.',
      },
    ],
    variable: 'TCPACCEPT_CONNECTIONS',
    ...TRUE_OR_FALSE,
    default: FALSE,
  },
  durationMillis: {
    group: 'Tracing',
    flags: [{ flags: '--duration <SECONDS>', brief: 'Stop after this time.' }],
    variable: 'TCPACCEPT_DURATION',
    noun: 'a number of seconds',
    accepts: 'seconds from 0.001 to 2147483, with a fraction or without',
    example: '2.5',
    parse: secondsAsMillis,
    default: NONE,
  },
  count: {
    group: 'Tracing',
    flags: [{ flags: '--count <N>', brief: 'Stop after this many accepts.' }],
    variable: 'TCPACCEPT_COUNT',
    noun: 'a count',
    accepts: `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
    example: '100',
    parse: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    default: NONE,
  },
  output: {
    group: 'Output',
    flags: [{ flags: '--output <FORMAT>', brief: 'What stdout shows: table, ndjson (a JSON object a line) or none.' }],
    variable: 'TCPACCEPT_OUTPUT',
    noun: 'an output format',
    accepts: 'table, ndjson or none',
    example: 'ndjson',
    parse: oneOf(['table', 'ndjson', 'none']),
    default: { value: 'table', text: 'table' },
  },
  commandLine: {
    group: 'Output',
    flags: [{ flags: '--command-line', sets: 'true', brief: 'Records also have the arguments of the process.' }],
    variable: 'TCPACCEPT_COMMAND_LINE',
    ...TRUE_OR_FALSE,
    default: FALSE,
  },
  commandLineRedact: {
    group: 'Output',
    flags: [
      {
        flags: '--command-line-redact <PATTERN>',
        brief: 'What of a command line becomes ***; by default what follows a word like password.',
      },
    ],
    variable: 'TCPACCEPT_COMMAND_LINE_REDACT',
    noun: 'a pattern',
    accepts: 'a regular expression of JavaScript',
    example: '(?<=--key=)[^\\s]+',
    parse: pattern,
    default: { value: SECRETS, text: '' },
  },
  containerRuntimes: {
    group: 'Output',
    flags: [
      {
        flags: '--container-runtime <RUNTIMES>',
        brief: 'Records also have the names of their container and image, asked of these runtimes.',
      },
    ],
    variable: 'TCPACCEPT_CONTAINER_RUNTIME',
    noun: 'a list of container runtimes',
    accepts: 'docker, containerd, cri-o and absolute paths of sockets, 8 at most separated by commas',
    example: 'unix:///run/containerd/containerd.sock',
    parse: containerRuntimes,
    default: { value: [], text: '' },
  },
  listeners: {
    group: 'Output',
    flags: [{ flags: '--listeners', sets: 'true', brief: 'At the start, also an event of every listener there is.' }],
    variable: 'TCPACCEPT_LISTENERS',
    ...TRUE_OR_FALSE,
    default: FALSE,
  },
  export: {
    group: 'Export',
    flags: [
      { flags: '--export', sets: 'true', brief: 'Export to OpenTelemetry, even when no OTEL_ variable is set.' },
      { flags: '--no-export', sets: 'false', brief: 'Export nothing, whatever the OTEL_ variables say.' },
    ],
    variable: 'TCPACCEPT_EXPORT',
    ...TRUE_OR_FALSE,
    default: NONE,
  },
  spoolMode: {
    group: 'Export',
    flags: [
      {
        flags: '--spool <MODE>',
        brief:
          'What is kept on disk until it is delivered: spill, what cannot be delivered now; always, everything, before it is sent; off, nothing.',
      },
    ],
    variable: 'TCPACCEPT_SPOOL_MODE',
    noun: 'a mode of the spool',
    accepts: 'spill, always or off',
    example: 'always',
    parse: oneOf(['spill', 'always', 'off']),
    default: { value: 'spill', text: 'spill' },
  },
  spoolDirectory: {
    group: 'Export',
    flags: [
      { flags: '--spool-dir <PATH>', brief: 'The directory of the spool, of one process at a time; made if missing.' },
    ],
    variable: 'TCPACCEPT_SPOOL_DIR',
    noun: 'a path',
    accepts: 'the path of a directory, at most 4095 bytes',
    example: '/var/spool/otel-tcpaccept',
    parse: path,
    default: { value: '/var/lib/otel-tcpaccept', text: '/var/lib/otel-tcpaccept' },
  },
  spoolMaxBytes: {
    group: 'Export',
    flags: [
      { flags: '--spool-max-bytes <BYTES>', brief: 'Room of the spool; the oldest records are pushed out above it.' },
    ],
    variable: 'TCPACCEPT_SPOOL_MAX_BYTES',
    noun: 'a size',
    accepts: 'a whole number from 1M to 1T, in bytes or with K, M, G or T after it',
    example: '1G',
    parse: bytes(1024 ** 2, 1024 ** 4),
    default: { value: 256 * 1024 ** 2, text: '256M' },
  },
  spoolMaxAgeMillis: {
    group: 'Export',
    flags: [{ flags: '--spool-max-age <TIME>', brief: 'How long the spool keeps records; older ones are pushed out.' }],
    variable: 'TCPACCEPT_SPOOL_MAX_AGE',
    noun: 'a time',
    accepts: 'a number from 1s to 3650d, with s, m, h or d after it',
    example: '12h',
    parse: duration(1000, 3650 * 86_400_000),
    default: { value: 6 * 86_400_000, text: '6d' },
  },
  verbose: {
    group: 'Other',
    flags: [
      {
        flags: '--verbose',
        sets: 'true',
        brief:
          'Also what the process of --pid is called on the host; with a failure, all that libbpf and the verifier said.',
      },
    ],
    variable: 'TCPACCEPT_VERBOSE',
    ...TRUE_OR_FALSE,
    default: FALSE,
  },
};

export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[];
