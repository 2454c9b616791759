import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bootGuest, GuestStoodStill, NODE_OF_GUEST } from './guest.ts';
import { fetchKernel, moduleFiles } from './kernel.ts';

const FACTS_PROGRAM = fileURLToPath(new URL('guest-facts.ts', import.meta.url));

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-guest-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function scriptOf(t: TestContext, ...lines: string[]): Promise<string> {
  const path = join(await temporaryFolder(t), 'script.sh');
  await writeFile(path, `#!/bin/bash\n${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

for (const [line, release] of [
  ['6.1', /^6\.1\.\d/],
  ['6.12', /^6\.12\.\d/],
] as const) {
  test(`a guest of ${line} has this checkout, its Node, tracing, BPF, MPTCP, loopback and shares a folder`, async (t) => {
    const kernel = await fetchKernel(line);
    const results = await temporaryFolder(t);
    const script = await scriptOf(t, '"$NODE" "$PROGRAM" && uname -r && unshare --user true');
    const env = { ...NODE_OF_GUEST, PROGRAM: FACTS_PROGRAM };
    const { exitCode, output } = await bootGuest({ kernel, script, results, env, modules: ['tcp_diag'] });
    assert.match(output, release);
    assert.equal(exitCode, 0);

    const facts = JSON.parse(await readFile(join(results, 'facts.json'), 'utf8'));
    assert.equal(`${facts.release}\n`, output);
    assert.deepEqual(facts.missing, []);
    assert.equal(facts.bpffsMagic, 'cafe4a11');
    assert.ok(facts.modules.includes('tcp_diag') && facts.modules.includes('inet_diag'), `${facts.modules}`);
    assert.deepEqual(facts.loopback, ['127.0.0.1', '::1']);
    assert.match(facts.lsm, /bpf/);
  });
}

test('output, environment and exit code come back to the byte, and no write reaches the host', async (t) => {
  const text = `it's "quoted" $HOME \\n\ttab\nnew line, ngïnx`;
  const script = await scriptOf(t, 'printf %s "$TEXT"', 'echo error >&2', 'echo >"$0.written"', 'exit 7');
  const guest = await bootGuest({ kernel: await fetchKernel('6.12'), script, env: { TEXT: text } });
  assert.deepEqual([guest.output, guest.exitCode], [`${text}error\n`, 7]);
  assert.ok(!existsSync(`${script}.written`));
});

test('guest and host see what the other writes after boot', async (t) => {
  const results = await temporaryFolder(t);
  const later = join(await temporaryFolder(t), 'later');
  const script = await scriptOf(
    t,
    'echo guest >/results/turn && touch /results/booted',
    'until grep -q host /results/turn; do sleep 0.1; done',
    'cat "$LATER"',
  );
  const kernel = await fetchKernel('6.12');
  const guest = bootGuest({ kernel, script, results, env: { LATER: later }, timeoutMillis: 60_000 });
  const ended = guest.then(
    () => true,
    () => true,
  );
  while (!existsSync(join(results, 'booted'))) if (await Promise.race([ended, delay(50, false)])) break;
  await writeFile(later, 'made by the host');
  await writeFile(join(results, 'turn'), 'host');
  assert.equal((await guest).output, 'made by the host');
});

test('a guest that panics rejects with what the script and the kernel said last', async (t) => {
  const script = await scriptOf(t, 'echo before the panic', 'echo c >/proc/sysrq-trigger');
  await assert.rejects(
    bootGuest({ kernel: await fetchKernel('6.12'), script }),
    /before the panic\n.*Kernel panic - not syncing: sysrq triggered crash/s,
  );
});

test('a guest that panics before its script begins is booted once more', async (t) => {
  const said = t.mock.method(process.stderr, 'write', () => true);
  const script = await scriptOf(t, 'true');
  const kernel = await fetchKernel('6.12');
  await assert.rejects(bootGuest({ kernel, script, appendKernelArgs: 'rdinit=/missing' }), /gave no exit code/);
  said.mock.restore();
  const texts = said.mock.calls.map(({ arguments: [text] }) => String(text));
  assert.equal(texts.filter((text) => /^once more: .*Kernel panic/s.test(text)).length, 1);
});

test('a guest that is not done in time ends, with what its threads waited for', async (t) => {
  const script = await scriptOf(t, 'sleep infinity');
  const kernel = await fetchKernel('6.12');
  await assert.rejects(bootGuest({ kernel, script, timeoutMillis: 25_000 }), ({ message }: Error) => {
    assert.match(message, /was not done in 25000 ms/);
    assert.match(message, /^\d+ \/bin\/bash \S+script\.sh \n {2}script\.sh: \w+ /m);
    return true;
  });
});

test('a guest that does not even end in time is ended', async (t) => {
  const script = await scriptOf(t, 'sleep infinity');
  const kernel = await fetchKernel('6.12');
  await assert.rejects(bootGuest({ kernel, script, timeoutMillis: 1500 }), (error) => {
    assert.ok(error instanceof GuestStoodStill);
    assert.match(error.message, /SIGKILL after 1500 ms/);
    return true;
  });
});

test('a guest that gives no sign of life is ended long before its time', async (t) => {
  const script = await scriptOf(
    t,
    `for process in /proc/[0-9]*; do
      if tr '\\0' ' ' <"$process/cmdline" | grep -q '/init'; then kill -STOP "\${process#/proc/}"; fi
    done
    sleep infinity`,
  );
  const kernel = await fetchKernel('6.12');
  await assert.rejects(bootGuest({ kernel, script, lifelessMillis: 15_000 }), (error) => {
    assert.ok(error instanceof GuestStoodStill);
    assert.match(error.message, /SIGKILL after 15000 ms without a sign of life/);
    return true;
  });
});

test('what cannot run is refused before a boot', async (t) => {
  const kernel = await fetchKernel('6.1');
  const script = await scriptOf(t, 'true');
  await assert.rejects(bootGuest({ kernel, script: `${script}.missing` }), { code: 'ENOENT' });
  await assert.rejects(bootGuest({ kernel, script, modules: ['no-such'] }), /has no module no_such/);
});

test('modules come after all that they need, each once, and built-in ones not at all', async () => {
  const [old, recent] = await Promise.all([fetchKernel('6.1'), fetchKernel('6.12')]);
  const names = async (kernel: string) =>
    (await moduleFiles(kernel, ['9p', 'virtio-pci', 'netfs'])).map((file) => basename(file, '.ko'));
  assert.deepEqual((await names(recent)).slice(0, 2), ['netfs', '9pnet']);
  assert.equal((await names(recent)).length, 3);
  const ordered = await names(old);
  assert.ok(
    ordered.indexOf('netfs') < ordered.indexOf('fscache') && ordered.indexOf('fscache') < ordered.indexOf('9p'),
  );
  assert.equal(ordered.at(-1), 'virtio_pci');
  assert.equal(new Set(ordered).size, ordered.length);
});
