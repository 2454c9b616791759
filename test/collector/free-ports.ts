import { once } from 'node:events';
import { createServer } from 'node:net';

/** None that the kernel gives to whoever names none (net.ipv4.ip_local_port_range), as most servers and all clients here. */
const FIRST = 10_000;
const END = 32_768;

/** `count` different TCP ports of 127.0.0.1 that nobody listened on a moment ago; another process can still take one. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
