/** `hierarchy:controllers:path`, the path of a cgroup already removed being marked. */
const LINE = /^\d+:([^:\n]*):([^\n]*?)(?: \(deleted\))?$/gm;

/**
 * The one path that says most in the text of /proc/PID/cgroup; `undefined` when there is none.
 *
 * The unified hierarchy's, else systemd's named one, else the first of any controller. A `/` counts only when all are:
 * on hybrid hosts most processes sit in the root of some hierarchies.
 */
export function parseProcCgroup(text: string): string | undefined {
  const lines = Array.from(text.matchAll(LINE), ([, controllers = '', path = '']) => ({ controllers, path }));
  lines.sort((a, b) => rankOf(a.controllers) - rankOf(b.controllers));
  return (lines.find(({ path }) => path !== '/') ?? lines[0])?.path;
}

function rankOf(controllers: string): number {
  if (controllers === '') return 0;
  return controllers === 'name=systemd' ? 1 : 2;
}
