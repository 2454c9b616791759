import { type Config, longFlag, OPTIONS, type OptionKey } from '../config.ts';
import { TcpAcceptError } from '../errors.ts';
import { cgroupDirectory, cgroupMountPoint } from '../identity/cgroup-mount.ts';
import { containerCgroups } from '../identity/container-cgroups.ts';
import { networkNamespaceOf } from '../identity/network-namespace.ts';
import { userIdOf } from '../identity/user-id.ts';
import type { TracerSettings } from '../kernel/open-session.ts';
import { MOST_DIRECTORIES, type Selection } from '../kernel/selection.ts';

/**
 * The filters as the kernel takes them: what was given by name is looked up, once, as it is now.
 *
 * Throws `ERR_USAGE` for a name nothing has.
 */
export async function resolveFilters(
  filters: Config['filters'],
): Promise<Omit<TracerSettings, 'hook' | 'ringBytes' | 'self'>> {
  const { users, networkNamespaces, cgroups, containers, ...known } = filters;
  return {
    ...known,
    users: await resolved(users, async (user) => [typeof user === 'number' ? user : await lookUpUser(user)]),
    networkNamespaces: await resolved(networkNamespaces, (namespace) => [
      typeof namespace === 'number' ? namespace : lookUpNetworkNamespace(namespace),
    ]),
    cgroupDirectories: atMost(await resolved(cgroups, (path) => [lookUpCgroup(path)]), 'cgroups'),
    containerDirectories: atMost(await resolved(containers, containerFinder()), 'containers'),
  };
}

async function resolved<Member, Known>(
  { included, excluded }: Selection<Member>,
  lookUp: (member: Member) => readonly Known[] | Promise<readonly Known[]>,
): Promise<Selection<Known>> {
  const all = async (members: readonly Member[]) => (await Promise.all(members.map(lookUp))).flat();
  return { included: await all(included), excluded: await all(excluded) };
}

async function lookUpUser(name: string): Promise<number> {
  let id: number | undefined;
  try {
    id = await userIdOf(name);
  } catch {
    throw refusal('users', `the user ${shown(name)} cannot be looked up without id(1); give the number`);
  }
  if (id === undefined)
    throw refusal('users', `there is no user ${shown(name)} on this host; give a number or another name`);
  return id;
}

function lookUpNetworkNamespace(path: string): number {
  let inode: number | undefined;
  try {
    inode = networkNamespaceOf(path);
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    throw refusal(
      'networkNamespaces',
      `${shown(path)} cannot be opened (${reason}); ip netns and lsns -t net list what there is`,
    );
  }
  if (inode !== undefined) return inode;
  throw refusal(
    'networkNamespaces',
    `${shown(path)} is not a network namespace; /run/netns/NAME and /proc/PID/ns/net are`,
  );
}

function lookUpCgroup(path: string): string {
  const mountPoint = mountPointFor('cgroups');
  const directory = cgroupDirectory(path, mountPoint);
  if (directory !== undefined) return directory;
  throw refusal(
    'cgroups',
    `${shown(path)} is not a cgroup v2 directory, nor is there one of this path below ${mountPoint}`,
  );
}

/** Looks for containers below the mount point once, when the first is asked for. */
function containerFinder(): (idStart: string) => readonly string[] {
  let directoriesOf: ReadonlyMap<string, readonly string[]> | undefined;
  return (idStart) => {
    const mountPoint = mountPointFor('containers');
    directoriesOf ??= containerCgroups(mountPoint);
    const whole = directoriesOf.get(idStart);
    if (whole) return whole;
    const [found, another] = [...directoriesOf].filter(([id]) => id.startsWith(idStart));
    if (another) throw refusal('containers', `${idStart} begins the ids of several containers; give more of it`);
    if (found) return found[1];
    throw refusal(
      'containers',
      `no running container ${idStart} has a cgroup below ${mountPoint}; give the id that its runtime lists`,
    );
  };
}

function mountPointFor(key: OptionKey): string {
  const mountPoint = cgroupMountPoint();
  if (mountPoint !== undefined) return mountPoint;
  throw refusal(key, 'cgroup v2 is not mounted here; mount -t cgroup2 cgroup2 /sys/fs/cgroup mounts it');
}

function atMost(directories: Selection<string>, key: OptionKey): Selection<string> {
  const count = directories.included.length + directories.excluded.length;
  if (count <= MOST_DIRECTORIES) return directories;
  throw refusal(
    key,
    `${count} cgroup directories are too many; it takes ${MOST_DIRECTORIES}, and one above them stands for all`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text);
}

function refusal(key: OptionKey, reason: string): TcpAcceptError {
  return new TcpAcceptError('ERR_USAGE', `${longFlag(OPTIONS[key])}: ${reason}`);
}
