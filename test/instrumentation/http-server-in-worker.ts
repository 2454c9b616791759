/** The HTTP server in a worker thread, with the number of connections as the argument; whatever is preloaded is there too. */
import { Worker } from 'node:worker_threads';

new Worker(new URL('http-server.ts', import.meta.url), { argv: process.argv.slice(2) });
