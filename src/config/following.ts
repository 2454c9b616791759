import { TcpAcceptError } from '../errors.ts';
import type { Mode } from '../kernel/summary-layout.ts';

export interface FollowingParts {
  /** What --connections says. */
  readonly wish: boolean;
  readonly mode: Mode;
  readonly pinDirectory: string | undefined;
  readonly exportingTraces: boolean;
}

/**
 * Whether connections are followed to their end: as `wish` says, where there are spans to make of it.
 *
 * Throws `ERR_USAGE` with pins: which accepts have a span is known to the process that made it, and to no other.
 */
export function decideFollowing({ wish, mode, pinDirectory, exportingTraces }: FollowingParts): {
  readonly connections: boolean;
  readonly warnings: readonly string[];
} {
  if (!wish) return { connections: false, warnings: [] };
  if (pinDirectory !== undefined) {
    throw new TcpAcceptError(
      'ERR_USAGE',
      '--connections and --pin exclude each other: the next reader of the pins would not know which accepts have a span; give one of the two',
    );
  }
  const nothing = (why: string) => ({ connections: false, warnings: [`--connections: ${why}`] });
  if (!exportingTraces) return nothing('no spans are exported, so none is made; set OTEL_TRACES_EXPORTER=otlp as well');
  if (mode === 'summary') {
    return nothing('--mode summary records no accepts, so none has a span; choose --mode auto or events');
  }
  return { connections: true, warnings: [] };
}
