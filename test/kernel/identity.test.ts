import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Identifier } from '../../src/identity/identify.ts';
import { ProcessCache } from '../../src/identity/process-cache.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { AcceptRecord } from '../../src/record/accept-record.ts';
import { inTime } from '../in-time.ts';
import { TemporaryCgroup } from './cgroup.ts';
import { connectTo } from './client.ts';
import { networkNamespaceOf } from './filter-scene.ts';
import { HOOK } from './hook.ts';
import { type Listener, Server } from './server.ts';

const SOURCE = new URL('short_lived.c', import.meta.url).pathname;
const PROGRAMS = 8;
const SHORT_LIVED = 50_000;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tcpaccept-identity-')));
const programs = Array.from({ length: PROGRAMS }, (_, index) => join(folder, `server-${index}`));

before(() => {
  const [first = '', ...others] = programs;
  execFileSync('gcc', ['-O2', '-static', '-Wall', '-Wextra', '-Werror', SOURCE, '-o', first]);
  for (const other of others) linkSync(first, other);
});
after(() => rmSync(folder, { recursive: true }));

/** Identifies what is accepted here on these ports, which others may have elsewhere, while `act` runs. */
async function identified(
  ports: readonly number[],
  act: () => Promise<unknown>,
  onRecord: (record: AcceptRecord) => void,
): Promise<void> {
  const identifier = new Identifier({ cache: new ProcessCache() });
  const networkNamespaces = { included: [networkNamespaceOf(process.pid)], excluded: [] };
  const settings = { ports, networkNamespaces, self: 'none' } as const;
  await using tracer = new AcceptTracer({ hook: HOOK, ringBytes: 1 << 24, ...settings });
  tracer.run((batch) => identifier.identify(batch).records.forEach(onRecord));
  await act();
  await tracer.stop();
}

/** The records of one accept of the server. */
async function identifiedOnce(server: Server, listener: Listener): Promise<AcceptRecord | undefined> {
  const records: AcceptRecord[] = [];
  await connectTo(listener.port, '127.0.0.1');
  await identified(
    [listener.port],
    () => server.accept(listener),
    (record) => records.push(record),
  );
  return records[0];
}

test('a running process has all its facts', async () => {
  await using server = await Server.start();
  const process = (await identifiedOnce(server, await server.listen('inet', '127.0.0.1')))?.process;
  const path = readlinkSync(`/proc/${server.pid}/exe`);
  const [, parent = ''] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? [];
  assert.deepEqual(
    [process?.executablePath, process?.parentPid, process?.userName, process?.realUserName],
    [path, Number(parent), 'root', 'root'],
  );
  const ageMillis = Date.now() - Date.parse(process?.creationTime ?? '');
  assert.ok(ageMillis > 0 && ageMillis < 60_000, process?.creationTime);
});

test('a process that is gone before anybody looks has its executable name, users and cgroup', async () => {
  using cgroup = new TemporaryCgroup();
  const records: AcceptRecord[] = [];
  const server = await Server.start();
  cgroup.add(server.pid);
  const name = readlinkSync(`/proc/${server.pid}/exe`).split('/').at(-1);
  const listener = await server.listen('inet', '127.0.0.1');
  await connectTo(listener.port, '127.0.0.1');
  const identifier = new Identifier({ cache: new ProcessCache() });
  await using tracer = new AcceptTracer({ hook: HOOK, ringBytes: 1 << 16, ports: [listener.port], self: 'none' });
  await server.accept(listener);
  await server[Symbol.asyncDispose]();
  tracer.run((batch) => records.push(...identifier.identify(batch).records));
  await tracer.stop();
  const [record] = records;
  const { executableName, executablePath, cgroupPath, userName } = record?.process ?? {};
  assert.deepEqual(
    { executableName, executablePath, userName },
    { executableName: name, executablePath: undefined, userName: 'root' },
  );
  assert.match(cgroupPath ?? '', /^\/tcpaccept-test-\w+$/);
});

test(`${SHORT_LIVED} processes of ${PROGRAMS} programs that accept once: the right name each, a path that fits or none`, async () => {
  const child = spawn(programs[0] ?? '', [`${SHORT_LIVED}`, ...programs], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ports: number[] = [];
  lines.on('line', (line) => ports.push(Number(line)));
  while (ports.length < PROGRAMS) await inTime(once(lines, 'line'), 'every program had its port');
  const pathOf = new Map(ports.map((port, index) => [port, programs[index]]));
  let named = 0;
  const wrong: unknown[] = [];
  const run = async () => {
    child.stdin.end('\n');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  };
  await identified(ports, run, ({ connection, process }) => {
    const path = pathOf.get(connection.localPort);
    const { executableName, executablePath } = process ?? {};
    if (executableName === path?.split('/').at(-1)) named++;
    else wrong.push(executableName);
    if (executablePath !== undefined && executablePath !== path) wrong.push(executablePath);
  });
  assert.deepEqual(wrong, []);
  assert.equal(named, SHORT_LIVED);
});
