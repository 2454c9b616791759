import type { Listener } from '../kernel/listener.ts';
import type { ListenerList } from '../kernel/listeners.ts';
import type { ProcessLookup } from './process-cache.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** One listener with who its first owner is, and what the list's record of it is called. */
export interface IdentifiedListener {
  readonly listener: Listener;
  /** `undefined` where the process was gone before it could be looked at. */
  readonly process: ProcessIdentity | undefined;
  readonly uid: string;
  readonly listedUnixNs: bigint;
}

/** Gives each listener of a list its first owner's process and a uid that begins with the session's `uidPrefix`. */
export function identifyListeners(
  { listeners, listedUnixNs, listedBootNs }: ListenerList,
  cache: ProcessLookup,
  uidPrefix: string,
): IdentifiedListener[] {
  const bootToUnixNs = listedUnixNs - listedBootNs;
  const observedBootNanos = Number(listedBootNs);
  return listeners.map((listener, index) => {
    const owner = listener.owners[0];
    const sighting = {
      ...owner,
      processStartBootNanos: Number(owner.processStartBootNs),
      cgroupNumber: Number(owner.cgroupId),
      bootToUnixNs,
      observedBootNanos,
    };
    return { listener, process: cache.identify(sighting), uid: `${uidPrefix}listener-${index}`, listedUnixNs };
  });
}
