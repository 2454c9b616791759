/**
 * Loaded into a process before its program: from SIGUSR2 on it measures how much CPU time the main thread takes from one
 * turn of its event loop to the next, and writes the longest, in milliseconds, to TURN_PROBE_FILE at the end.
 *
 * CPU and not wall time: how long a thread waits for a processor is the machine's doing, and no measure of ours.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const LONGEST = 5;

const file = process.env['TURN_PROBE_FILE'];
if (isMainThread && file !== undefined) {
  const longest: number[] = [];
  let before = 0;
  let turns = 0;

  const cpuMillis = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const turn = () => {
    const now = cpuMillis();
    turns++;
    longest.push(now - before);
    if (longest.length > 2 * LONGEST) longest.sort((a, b) => b - a).splice(LONGEST);
    before = now;
    setImmediate(turn).unref();
  };
  process.once('SIGUSR2', () => {
    before = cpuMillis();
    turn();
  });
  // An immediate that is not waited for has its turn when something else has: at least each millisecond.
  setInterval(() => {}, 1).unref();
  process.on('exit', () => {
    longest.sort((a, b) => b - a).splice(LONGEST);
    writeFileSync(file, JSON.stringify({ turns, longest }));
  });
}
