/** Waits as a trace does, says why it is to stop, and does not end by itself. */
import { StopSignal } from '../../src/cli/stop-signal.ts';

// Waiting for a signal alone keeps no process alive.
setInterval(() => {}, 1000);
const stopSignal = new StopSignal();
process.stdout.write('waiting\n');
process.stdout.write(`${await stopSignal.reason}\n`);
if (process.argv[2] === 'dispose') {
  stopSignal.dispose();
  process.stdout.write('disposed\n');
}
