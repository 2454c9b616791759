/** Exit codes: 0 done, 1 failed while running, 2 bad usage, 77 not permitted or not supported here. */
export const EXIT = { done: 0, failed: 1, usage: 2, unsupported: 77 } as const;

/** Every error this project raises, with its exit code. The name is stable; the message is not. */
export const ERROR_CODES = {
  ERR_USAGE: EXIT.usage,
  ERR_PINNED_MAP: EXIT.usage,
  ERR_PIN: EXIT.usage,
  ERR_PIN_HELD: EXIT.failed,
  ERR_CONTAINER_RUNTIME: EXIT.usage,
  ERR_EXPORT_CONFIG: EXIT.usage,
  ERR_SPOOL_HELD: EXIT.failed,
  ERR_SPOOL: EXIT.failed,
  ERR_PLATFORM: EXIT.unsupported,
  ERR_ADDON: EXIT.unsupported,
  ERR_PRIVILEGE: EXIT.unsupported,
  ERR_BPF_PERMISSION: EXIT.unsupported,
  ERR_BPF_NO_BTF: EXIT.unsupported,
  ERR_BPF_LOCKDOWN: EXIT.unsupported,
  ERR_BPF_HOOK: EXIT.unsupported,
  ERR_BPF_LOAD: EXIT.failed,
  ERR_CLOSED: EXIT.failed,
  ERR_INTERNAL: EXIT.failed,
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** What is known of a failure beside its sentence. */
export interface ErrorDetails {
  /** The step that failed, for instance `load`. */
  readonly operation?: string;
  /** A positive errno. */
  readonly errno?: number;
  /** Everything libbpf and the verifier said; printed with `--verbose` only. */
  readonly log?: string;
  readonly cause?: unknown;
}

/** A failure with a stable code, one sentence that names what failed, and the mend. */
export class TcpAcceptError extends Error {
  override readonly name = 'TcpAcceptError';
  readonly code: ErrorCode;
  readonly operation: string | undefined;
  readonly errno: number | undefined;
  readonly log: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.operation = details.operation;
    this.errno = details.errno;
    this.log = details.log;
  }

  /** Any thrown value as one of ours: the addon's failures keep what they carry, anything else becomes `ERR_INTERNAL`. */
  static from(thrown: unknown): TcpAcceptError {
    if (thrown instanceof TcpAcceptError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const fields: { code?: unknown; operation?: unknown; errno?: unknown; log?: unknown } = Object(thrown);
    const code = typeof fields.code === 'string' && fields.code in ERROR_CODES ? fields.code : 'ERR_INTERNAL';
    return new TcpAcceptError(code as ErrorCode, message, {
      ...(typeof fields.operation === 'string' && { operation: fields.operation }),
      ...(typeof fields.errno === 'number' && { errno: fields.errno }),
      ...(typeof fields.log === 'string' && { log: fields.log }),
      cause: thrown,
    });
  }

  /** The process exit code this failure ends a command with. */
  get exitCode(): number {
    return ERROR_CODES[this.code];
  }
}
