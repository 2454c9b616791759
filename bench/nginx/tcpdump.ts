import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Watching } from './watching.ts';

/** The kernel hands a block of packets over when it is full, or after a second: what tcpdump asks for. */
const BLOCK_MILLIS = 1500;

/** tcpdump, which writes each SYN to nginx into a file: no process, no container, and not whether it was accepted. */
export const tcpdump: Watching = {
  name: 'tcpdump of SYNs',
  async start(nginx) {
    const folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-tcpdump-'));
    const syns = `tcp dst port ${nginx.port} and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn`;
    const child = spawn(nginx.program('tcpdump'), ['-i', 'lo', '-n', '-Z', 'root', '-w', join(folder, 'syns'), syns], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: nginx.environment,
    });
    let said = '';
    const listens = Promise.withResolvers<void>();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('listening on')) listens.resolve();
    });
    const closed = once(child, 'close');
    closed.then(() => listens.reject(new Error(`tcpdump ended: ${said}`)));
    await listens.promise;
    return {
      pid: child.pid ?? 0,
      async end() {
        await pause(BLOCK_MILLIS);
        child.kill('SIGINT');
        await closed;
        rmSync(folder, { recursive: true });
        return Number(/(\d+) packets? captured/.exec(said)?.[1]);
      },
    };
  },
};
