import { EXIT, TcpAcceptError } from '../errors.ts';
import {
  HOOKS,
  type Hook,
  type NativeBinding,
  type NativeSession,
  type NativeSettings,
  SELF_MODES,
  type SelfMode,
} from './binding.ts';
import { addressSet, numberSet } from './member-set.ts';
import { findPinnedHook, pinnedSettings } from './pinned-settings.ts';
import { AF_INET, AF_INET6 } from './record-layout.ts';
import type { AddressRange, Selection } from './selection.ts';
import { MODES, type Mode } from './summary-layout.ts';

/** What to trace and how; `undefined` and empty lists keep everything. */
export interface TracerSettings {
  readonly hook: Hook | 'auto';
  /** A power of two, at least a page. */
  readonly ringBytes: number;
  /** `events`, the default: each accept is a record. `summary`: none is. `auto`: what there is no room for is not. */
  readonly mode?: Mode;
  /** Connections are followed to their end, where their accepts are records; default no. Not with `pinDirectory`. */
  readonly connections?: boolean;
  /** Keep only this process, by its id in our own pid namespace. */
  readonly pid?: number | undefined;
  /** Keep only the calling process, whatever its id is where we run. */
  readonly ownProcess?: boolean;
  readonly family?: 'inet' | 'inet6' | undefined;
  /** Local ports to keep. */
  readonly ports?: readonly number[];
  readonly cgroupMapPath?: string | undefined;
  readonly mountNamespaceMapPath?: string | undefined;
  /** Addresses of clients; IPv4-mapped ones are IPv4 here and in `locals`. */
  readonly peers?: Selection<AddressRange>;
  /** Addresses connections were accepted on. */
  readonly locals?: Selection<AddressRange>;
  /** Effective user ids of the accepting process. */
  readonly users?: Selection<number>;
  /** Inode numbers of the network namespaces of sockets. */
  readonly networkNamespaces?: Selection<number>;
  /** Paths of cgroup v2 directories, at most `MOST_DIRECTORIES` here and in the next, with all below them. */
  readonly cgroupDirectories?: Selection<string>;
  /** The same once more: an accept must satisfy both. */
  readonly containerDirectories?: Selection<string>;
  /** Which of the calling process's own connections are never events: none, all, or those to `selfPorts`. */
  readonly self: SelfMode;
  readonly selfPorts?: readonly number[];
  /** A directory on a BPF file system: all is pinned there and outlives us, or is found there and goes on. */
  readonly pinDirectory?: string | undefined;
}

/** A page: the kernel knows no smaller ring, and mode `summary` uses none. */
const LEAST_RING_BYTES = 4096;

const EVERYTHING = { included: [], excluded: [] } as const;

/** A hook that was tried and why it is not used. */
export interface HookRefusal {
  readonly hook: Hook;
  readonly error: TcpAcceptError;
}

export interface OpenedSession {
  readonly hook: Hook;
  readonly session: NativeSession;
  /** The better hooks this kernel refused, when the choice was ours. */
  readonly refused: readonly HookRefusal[];
}

/**
 * Opens a session with the hook asked for or, for `auto`, with the pinned one's, else the best one the kernel takes.
 *
 * Throws what the last hook tried was refused with; a wrong setting and pins that cannot be used are refused at once.
 */
export function openSession(settings: TracerSettings, native: NativeBinding): OpenedSession {
  const refused: HookRefusal[] = [];
  const { pinDirectory, connections } = settings;
  if (connections && pinDirectory !== undefined) {
    throw new TcpAcceptError('ERR_USAGE', 'connections are not followed where the session is pinned');
  }
  const pinnedHook = pinDirectory === undefined ? undefined : findPinnedHook(pinDirectory, settings, native);
  const candidates = pinnedHook ? [pinnedHook] : settings.hook === 'auto' ? HOOKS : [settings.hook];
  for (const hook of candidates) {
    try {
      return { hook, session: native.open(nativeSettings(settings, hook, native)), refused };
    } catch (thrown) {
      const error = TcpAcceptError.from(thrown);
      if (error.exitCode === EXIT.usage || error.code === 'ERR_PIN_HELD') throw error;
      refused.push({ hook, error });
    }
  }
  throw refused.at(-1)?.error ?? new TcpAcceptError('ERR_BPF_HOOK', 'no hook to try');
}

function nativeSettings(settings: TracerSettings, hook: Hook, native: NativeBinding): NativeSettings {
  const { pinDirectory = '' } = settings;
  return {
    hook,
    ringBytes: settings.mode === 'summary' ? LEAST_RING_BYTES : settings.ringBytes,
    summaries: MODES.indexOf(settings.mode ?? 'events'),
    connections: settings.connections ?? false,
    pid: settings.pid ?? 0,
    ownProcess: settings.ownProcess ?? false,
    family: settings.family === undefined ? 0 : settings.family === 'inet' ? AF_INET : AF_INET6,
    ports: settings.ports ?? [],
    cgroupMapPath: settings.cgroupMapPath ?? '',
    mountNamespaceMapPath: settings.mountNamespaceMapPath ?? '',
    peers: addressSet(settings.peers),
    locals: addressSet(settings.locals),
    users: numberSet(settings.users),
    networkNamespaces: numberSet(settings.networkNamespaces),
    cgroupDirectories: settings.cgroupDirectories ?? EVERYTHING,
    containerDirectories: settings.containerDirectories ?? EVERYTHING,
    selfMode: SELF_MODES.indexOf(settings.self),
    selfPorts: settings.selfPorts ?? [],
    pinDirectory,
    pinnedSettings: pinDirectory && JSON.stringify(pinnedSettings(settings, hook, native)),
  };
}
