/**
 * The id of a user by name, `undefined` when there is none of that name. Throws when id(1) cannot be run.
 *
 * id(1) asks what the host is set up to ask, directory services included, which /etc/passwd does not know.
 */
export async function userIdOf(name: string): Promise<number | undefined> {
  // Loaded here, not above: only who filters by a name needs it.
  const { spawnSync } = await import('node:child_process');
  const { status, stdout, error } = spawnSync('id', ['-u', '--', name], { encoding: 'utf8' });
  if (error) throw error;
  return status === 0 ? Number(stdout) : undefined;
}
