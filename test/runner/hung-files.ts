import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestsStream } from 'node:test';
import { setTimeout } from 'node:timers';

/** How much longer, as a part of its limit, a file may take to end once it is killed. */
const GRACE = 0.1;

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** What @types/node leaves out: the file that was asked for; its own events have none. */
interface OfFile {
  readonly entryFile?: string;
}

interface RunningFile {
  readonly limit: NodeJS.Timeout;
  /** Tests and suites that have not ended, outermost first. */
  readonly begun: Map<number, string>;
}

/**
 * Ends files that take longer, and says of each what hung. node:test's own time-out is each test's and runs in the file's
 * own event loop: a file whose loop is blocked, or that has left something open, it lets run for ever.
 */
export function endHungFiles(stream: TestsStream, limitMillis: number): void {
  const files = new Map<string, RunningFile>();
  stream.on('test:dequeue', ({ name, testId, entryFile }: { name: string; testId: number } & OfFile) => {
    if (entryFile !== undefined) return void files.get(entryFile)?.begun.set(testId, name);
    const limit = setTimeout(() => {
      endFile(name, limitMillis, [...begun.values()]);
      setTimeout(() => files.has(name) && endRun(name), limitMillis * GRACE).unref();
    }, limitMillis);
    const begun = new Map<number, string>();
    files.set(name, { limit, begun });
  });
  stream.on('test:complete', ({ name, testId, entryFile }: { name: string; testId: number } & OfFile) => {
    if (entryFile !== undefined) return void files.get(entryFile)?.begun.delete(testId);
    clearTimeout(files.get(name)?.limit);
    files.delete(name);
  });
}

function endFile(file: string, limitMillis: number, begun: readonly string[]): void {
  const processes = processesOf(file);
  const test = begun.length > 0 ? `in "${begun.join('" > "')}"` : 'and no test is known to run';
  const below = processes.slice(1).map(({ pid, command }) => `\n    it ran: ${pid} ${command}`);
  process.stdout.write(
    `✖ ${relative('', file)} has not ended after ${limitMillis / 1000} s, ${test}${below.join('')}\n`,
  );
  for (const { pid } of processes) kill(pid);
}

/** A process that outlived its parent holds the file's output, and node:test waits for its end. */
function endRun(file: string): void {
  process.stdout.write(`✖ somebody still holds the output of ${relative('', file)}: no more tests are run\n`);
  process.exit(1);
}

/** The test file's process, and all below it. */
function processesOf(file: string): Process[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []));
  const found: Process[] = all.filter(({ parent, command }) => parent === process.pid && command.includes(file));
  // Those that are added are looked at in turn.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

function processOf(pid: number): (Process & { readonly parent: number }) | undefined {
  try {
    const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(parent), command };
  } catch {
    return undefined; // it has ended
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
