import { createHash } from 'node:crypto';
import { readlinkSync, statSync } from 'node:fs';
import { TcpAcceptError } from '../errors.ts';
import { HOOKS, type Hook, type NativeBinding } from './binding.ts';
import type { TracerSettings } from './open-session.ts';

/** What a pinned session was made with: the build, and each setting by the option people know it by. */
export type PinnedSettings = Readonly<Record<string, string>>;

/** Settings whose text is longer are kept as its hash: only whether they differ is asked. */
const LONGEST_TEXT = 200;

/** All that is baked into pinned programs and maps: with any other, they report something else. */
export function pinnedSettings(settings: TracerSettings, hook: Hook, native: NativeBinding): PinnedSettings {
  return {
    build: native.programsVersion(),
    '--hook': hook,
    '--mode': settings.mode ?? 'events',
    '--ring-bytes': `${settings.ringBytes}`,
    '--pid': settings.pid === undefined ? 'none' : `${settings.pid} in ${readlinkSync('/proc/self/ns/pid')}`,
    '--ipv4 or --ipv6': settings.family ?? 'none',
    '--port': textOf([...(settings.ports ?? [])].sort((a, b) => a - b)),
    '--cgroupmap': settings.cgroupMapPath ?? 'none',
    '--mntnsmap': settings.mountNamespaceMapPath ?? 'none',
    '--peer': textOf(settings.peers),
    '--local': textOf(settings.locals),
    '--uid': textOf(settings.users),
    '--netns': textOf(settings.networkNamespaces),
    '--cgroup': textOf(settings.cgroupDirectories, directoryText),
    '--container': textOf(settings.containerDirectories, directoryText),
    'own process': textOf([settings.ownProcess ?? false, settings.self, settings.selfPorts ?? []]),
  };
}

/**
 * The hook of the session pinned in `directory`; `undefined` when there is none.
 *
 * Throws `ERR_PIN` naming what differs when it was made by another build or with other settings: its records are then
 * not those asked for, and another's cannot take their place without a gap or a doubt.
 */
export function findPinnedHook(directory: string, settings: TracerSettings, native: NativeBinding): Hook | undefined {
  const text = native.pinnedSettings(directory);
  if (text === '') return undefined;
  const found = parsed(text);
  const hook = HOOKS.find((one) => one === found['--hook']);
  const giveUp = `otel-tcpaccept unpin ${directory} ends it and gives up what it holds`;
  if (!hook || found['build'] !== native.programsVersion()) {
    throw new TcpAcceptError(
      'ERR_PIN',
      `--pin: ${directory} was pinned by another build of otel-tcpaccept: start that build once more to read what is recorded; ${giveUp}`,
    );
  }
  const wanted = pinnedSettings(settings, settings.hook === 'auto' ? hook : settings.hook, native);
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const differences = names
    .filter((name) => found[name] !== wanted[name])
    .map((name) => `${name} (${found[name]} there, ${wanted[name]} now)`);
  if (differences.length === 0) return hook;
  throw new TcpAcceptError(
    'ERR_PIN',
    `--pin: ${directory} was pinned with other settings: ${differences.join(', ')}; start with those to go on; ${giveUp}`,
  );
}

/** As `pinnedSettings` wrote it; what is not that is nothing we know. */
export function parsed(text: string): PinnedSettings {
  try {
    const object: unknown = JSON.parse(text);
    return typeof object === 'object' && object !== null ? (object as PinnedSettings) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown, replace?: (path: string) => string): string {
  const isNothing = Array.isArray(value) && value.length === 0;
  const text = JSON.stringify(value, (_key, member) =>
    replace && typeof member === 'string' ? replace(member) : member,
  );
  if (value === undefined || isNothing || text === NOTHING_SELECTED) return 'none';
  return text.length <= LONGEST_TEXT ? text : `sha256 ${createHash('sha256').update(text).digest('hex')}`;
}

const NOTHING_SELECTED = JSON.stringify({ included: [], excluded: [] });

/** A cgroup made anew under its old path is another. */
function directoryText(path: string): string {
  return `${path} (${statSync(path).ino})`;
}
