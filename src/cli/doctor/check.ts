/** What one check of `doctor` found. */
export interface Finding {
  /** What was looked at, for instance `hook fexit`. */
  readonly name: string;
  /** `warn` costs something but tracing works; `fail` is in the way. */
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was seen. */
  readonly detail: string;
  /** The command or change that mends it; only beside `warn` and `fail`. */
  readonly mend?: string;
  /** A failure that no configuration of ours mends here: not permitted, or not supported. Exit code 77. */
  readonly unsupported?: boolean;
}

export function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail };
}

export function warn(name: string, detail: string, mend: string): Finding {
  return { name, status: 'warn', detail, mend };
}

export function fail(name: string, detail: string, mend: string, unsupported = false): Finding {
  return { name, status: 'fail', detail, mend, unsupported };
}
