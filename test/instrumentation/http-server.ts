/**
 * An application that knows nothing of tracing: answers requests on 127.0.0.1 until stdin ends or, with a number as its
 * argument, until it has accepted so many connections; then it ends by itself. Says its port on stdout.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const connections = process.argv[2];
const server = createServer((_request, response) => response.end('served'));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
if (connections === undefined) process.stdin.on('end', stop).resume();
else stopAfter(Number(connections));

function stopAfter(count: number): void {
  let left = count;
  server.on('connection', (socket) => {
    if (--left > 0) return;
    socket.destroy();
    stop();
  });
}

function stop(): void {
  server.close();
  server.closeAllConnections();
}
