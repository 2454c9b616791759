/**
 * The id of a user by name, `undefined` when there is none of that name. Throws when id(1) cannot be run.
 *
 * id(1) asks what the host is set up to ask, directory services included, which /etc/passwd does not know.
 */
export async function userIdOf(name: string): Promise<number | undefined> {
  const answer = await askId('-u', name);
  return answer === undefined ? undefined : Number(answer);
}

/** The ids of a user's groups, its own first, by the user's name or id; as `userIdOf`. */
export async function groupIdsOf(user: string | number): Promise<readonly number[] | undefined> {
  return (await askId('-G', String(user)))?.split(' ').map(Number);
}

async function askId(what: '-u' | '-G', user: string): Promise<string | undefined> {
  // Loaded here, not above: only who gives a user by name needs it.
  const { spawnSync } = await import('node:child_process');
  const { status, stdout, error } = spawnSync('id', [what, '--', user], { encoding: 'utf8' });
  if (error) throw error;
  return status === 0 ? stdout.trim() : undefined;
}
