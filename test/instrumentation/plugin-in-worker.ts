/** All of it in a worker thread: logger provider, plugin and HTTP server, with the number of connections as the argument. */
import { isMainThread, Worker } from 'node:worker_threads';
import { TcpAcceptInstrumentation } from '../../src/index.ts';

if (isMainThread) {
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
} else {
  await import('./print-records.ts');
  new TcpAcceptInstrumentation();
  await import('./http-server.ts');
}
