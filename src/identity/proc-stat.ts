/** What tells one run of a program from any other that had or will have the same pid. */
export interface ProcStat {
  /** When the process began, `CLOCK_BOOTTIME`, rounded down to a tick of 10 ms. */
  readonly startBootNs: bigint;
  readonly parentPid: number;
  /**
   * Changes when the process execs: the main thread's comm, and where its stack begins, which exec makes random.
   * Without permission to trace the process the kernel hides the second, and an exec of the same name is not seen.
   */
  readonly image: string;
}

/** USER_HZ, the unit of times in /proc, is 100 on x86_64 and arm64. */
const TICK_NS = 10_000_000n;

/** Fields after the comm, from 0; proc_pid_stat(5) numbers them from 3. */
const PARENT_PID = 4 - 3;
const START_TIME = 22 - 3;
const START_STACK = 28 - 3;

/** Parses /proc/PID/stat; `undefined` for a text that is none. */
export function parseProcStat(text: string): ProcStat | undefined {
  // The comm may hold spaces and parentheses; what follows it has neither.
  const commEnd = text.lastIndexOf(')');
  const fields = text.slice(commEnd + 2).split(' ');
  const startTicks = fields[START_TIME];
  if (commEnd < 0 || startTicks === undefined || !/^\d+$/.test(startTicks)) return undefined;
  const comm = text.slice(text.indexOf('(') + 1, commEnd);
  return {
    startBootNs: BigInt(startTicks) * TICK_NS,
    parentPid: Number(fields[PARENT_PID]),
    image: `${fields[START_STACK]} ${comm}`,
  };
}
