/**
 * Runs in a pid namespace of its own: the command, tracing one of two processes by the id that it has here.
 *
 * Usage: pid-namespace.ts 'direct' | 'nested'; nested, the process lives one more pid namespace below. Writes one JSON
 * line, PidNamespaceResult, and stays until its stdin ends, so that what it tells of is still there.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { TracerCommand } from '../collector/tracer-command.ts';
import { ROUTES } from './filter-scene.ts';
import { SelfAcceptor } from './self-acceptor.ts';

export interface PidNamespaceResult {
  /** As this namespace has it. */
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
}

const WRAPPERS: Readonly<Record<string, readonly string[]>> = { direct: [], nested: ['unshare', '--pid', '--fork'] };

const wrapper = WRAPPERS[process.argv[2] ?? ''] ?? [];
await using traced = await SelfAcceptor.start(...wrapper);
await using other = await SelfAcceptor.start();
const pid = wrapper.length === 0 ? traced.pid : childOf(traced.pid);

const args = ['--pid', String(pid), '--verbose', '--output', 'ndjson', '--count', String(ROUTES.length)];
await using tracer = await TracerCommand.tracing(args);
await other.run(0, ROUTES);
await traced.run(0, ROUTES);
const { stdout, stderr } = await tracer.ended();

const result: PidNamespaceResult = { pid, stdout, stderr };
process.stdout.write(`${JSON.stringify(result)}\n`);
await once(process.stdin.resume(), 'end');

function childOf(parent: number): number {
  return Number.parseInt(readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8'), 10);
}
