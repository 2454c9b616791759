import { TcpAcceptError } from '../errors.ts';
import { groupIdsOf, userIdOf } from '../identity/user-id.ts';
import type { AcceptTracer } from '../kernel/accept-tracer.ts';

/** Whom to go on as. */
export interface NewUser {
  readonly name: string;
  readonly userId: number;
  /** Its own first. */
  readonly groupIds: readonly number[];
}

/** Looks a user up, by name or id. Throws `ERR_USAGE` when there is none, and for root, which would give up nothing. */
export async function findNewUser(user: string | number): Promise<NewUser> {
  const shown = JSON.stringify(user);
  const { userId, groupIds } = await lookUp(user).catch(() => {
    throw new TcpAcceptError('ERR_USAGE', `--user: the user ${shown} cannot be looked up without id(1)`);
  });
  if (userId === undefined || groupIds === undefined) {
    throw new TcpAcceptError('ERR_USAGE', `--user: there is no user ${shown} on this host; useradd(8) makes one`);
  }
  if (userId === 0) throw new TcpAcceptError('ERR_USAGE', '--user: root is what it gives up; name another user');
  return { name: String(user), userId, groupIds };
}

async function lookUp(user: string | number) {
  return { userId: typeof user === 'number' ? user : await userIdOf(user), groupIds: await groupIdsOf(user) };
}

/**
 * Goes on as `user`, in every thread, with its groups and without any capability; there is no way back.
 *
 * Throws `ERR_PRIVILEGE` when this process may not, or when the kernel then no longer lets it read its counters: before
 * 5.19, with kernel.unprivileged_bpf_disabled set, bpf(2) refuses everything without CAP_BPF.
 */
export function giveUpRoot(user: NewUser, tracer: Pick<AcceptTracer, 'counts'>): void {
  const { name, userId, groupIds } = user;
  try {
    process.setgroups?.(groupIds);
    process.setgid?.(groupIds[0] ?? userId);
    process.setuid?.(userId);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcpAcceptError(
      'ERR_PRIVILEGE',
      `--user: this process may not become ${name} (${reason}): start it as root, or as that user with capabilities`,
      { cause },
    );
  }
  try {
    tracer.counts();
  } catch (cause) {
    throw new TcpAcceptError(
      'ERR_PRIVILEGE',
      '--user: this kernel lets nobody without CAP_BPF read the counters (before 5.19 with ' +
        'kernel.unprivileged_bpf_disabled set): leave --user out, or start as that user with capabilities',
      { cause },
    );
  }
}

/** What it costs. */
export function costOf({ name }: NewUser): string {
  return `going on as ${name}: executable names and paths of other users' processes are unknown from here on`;
}
