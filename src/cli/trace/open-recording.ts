import type { Config } from '../../config.ts';
import { bootId } from '../../identity/host.ts';
import { Identifier, uidPrefixOf } from '../../identity/identify.ts';
import { ProcessCache } from '../../identity/process-cache.ts';
import type { ContainerLookup } from '../../identity/runtime/container-facts.ts';
import { AcceptTracer } from '../../kernel/accept-tracer.ts';
import type { ListenerRecord } from '../../record/listener-record.ts';
import { findNewUser, giveUpRoot, type NewUser } from '../give-up-root.ts';
import { currentListeners } from '../listeners.ts';
import type { resolveFilters } from '../resolve-filters.ts';

/** Where accepts come from, and what is known of who made them. */
export interface Recording {
  readonly tracer: AcceptTracer;
  readonly identifier: Identifier;
  /** Of this run, which is one of several where the session is pinned. */
  readonly runUidPrefix: string;
  readonly listeners: readonly ListenerRecord[];
  /** Whom this process goes on as. */
  readonly user: NewUser | undefined;
}

/** Attaches; then root is given up, if that is wanted, after `beforeGivingUp` did what only root may. */
export async function openRecording(
  config: Config,
  filters: Awaited<ReturnType<typeof resolveFilters>>,
  containers: ContainerLookup | undefined,
  beforeGivingUp: (user: NewUser) => void,
): Promise<Recording> {
  const user = config.runAsUser === undefined ? undefined : await findNewUser(config.runAsUser);
  const { hook, ringBytes, mode, connections, pinDirectory } = config;
  // Before anything may connect: pinned programs see it, and must know that it is us.
  const tracer = new AcceptTracer({ ...filters, hook, ringBytes, mode, connections, self: 'all', pinDirectory });
  const { commandLine } = config;
  const cache = new ProcessCache({
    containers,
    ...(commandLine.isWanted && { redact: redactor(commandLine.secrets) }),
  });
  const { loadedMonotonicNs } = tracer.earlier;
  const identifier = new Identifier({ cache, loadedMonotonicNs });
  const runUidPrefix = uidPrefixOf(bootId(), process.hrtime.bigint());
  // Whose they are only root may see.
  const listeners = config.listeners ? currentListeners(cache, runUidPrefix) : [];
  if (user) {
    beforeGivingUp(user);
    giveUpRoot(user, tracer);
  }
  return { tracer, identifier, runUidPrefix, listeners, user };
}

/** Hides what a pattern finds. */
function redactor(pattern: string): (text: string) => string {
  const secrets = new RegExp(pattern, 'gi');
  return (text) => text.replace(secrets, '***');
}
