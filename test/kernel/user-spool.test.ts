import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Acceptor } from '../collector/acceptor.ts';
import { connect } from '../collector/connector.ts';
import { freePorts } from '../collector/free-ports.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';

const NOBODY = 65_534;
const ACCEPTS = 8;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Built, and the checkout where everybody may read it: the thread of the spool is loaded after root is given up. */
const COMMAND = [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" /mnt && exec "$@"', ROOT],
  ...['/mnt/build/node', '/mnt/dist/cli/main.js'],
] as const;

/** A folder that others may pass through, removed when disposed of. */
class OpenFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-user-'));

  constructor() {
    chmodSync(this.path, 0o711);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Traces some accepts with nobody at the endpoint. */
async function trace(directory: string, ...more: readonly string[]) {
  const [port] = await freePorts(1);
  await using acceptor = await Acceptor.start();
  const args = ['-P', acceptor.ports.join(','), '--output', 'none', '--spool-dir', directory, ...more];
  await using tracer = await TracerCommand.tracing(args, {
    command: [...COMMAND],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
  });
  await connect(acceptor.targets(), ACCEPTS, { awaits: true });
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const ledger = readLedger(stderr);
  assert.equal(ledger.drained, ACCEPTS);
  return { ...ledger, stderr };
}

function assertNobodys(path: string, mode: number): void {
  const { uid, gid, mode: its } = statSync(path);
  assert.deepEqual([uid, gid, its & 0o777], [NOBODY, NOBODY, mode], path);
}

test('--user and a spool that is missing: it is made for that user, and so is the way there', async () => {
  using folder = new OpenFolder();
  const directory = join(folder.path, 'lib', 'spool');
  const { stderr, spooled, drained, reports } = await trace(directory, '--user', 'nobody');
  assert.equal(spooled, drained + reports, stderr);
  for (const path of [directory, join(folder.path, 'lib')]) assertNobodys(path, 0o700);
  assert.equal(statSync(folder.path).uid, 0);
});

test('--user and a spool that root has filled: given away with what is in it, which goes on', async () => {
  using folder = new OpenFolder();
  const directory = join(folder.path, 'spool');
  const before = await trace(directory);
  const { stderr, spooled, drained, reports, recovered } = await trace(directory, '--user', 'nobody');
  assert.equal(recovered, before.spooled, stderr);
  assert.equal(spooled, recovered + drained + reports, stderr);
  assertNobodys(directory, 0o700);
  const names = readdirSync(directory);
  assert.ok(names.includes('spool.sqlite'));
  for (const name of names) assertNobodys(join(directory, name), 0o600);
});

for (const [what, fill] of [
  ['holds something else', (directory: string) => writeFileSync(join(directory, 'other'), '')],
  ['others may write to', (directory: string) => chmodSync(directory, 0o1775)],
] as const) {
  test(`--user and a directory of root's that ${what}: left as it is, said, and nothing lost in silence`, async () => {
    using folder = new OpenFolder();
    const directory = join(folder.path, 'shared');
    mkdirSync(directory, { mode: 0o755 });
    fill(directory);
    const { stderr, dropped, spooled, drained, reports } = await trace(directory, '--user', 'nobody');
    assert.match(stderr, /warning: the spool \S+ cannot be used \(.*\): what cannot be delivered waits in memory only/);
    assert.deepEqual([spooled, dropped], [0, drained + reports], stderr);
    assert.equal(statSync(directory).uid, 0);
  });
}
