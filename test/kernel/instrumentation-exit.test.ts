import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Application,
  HTTP_SERVER,
  inlineProgram,
  PLUGIN_IN_WORKER,
  PRINT_RECORDS,
  REGISTER,
} from '../instrumentation/application.ts';

const START = `
  import { TcpAcceptInstrumentation } from '../../src/index.ts';
  const plugin = new TcpAcceptInstrumentation();
  if (!plugin.isEnabled()) throw new Error('it did not start');
`.replace("'../../", "'./../../");

/** Connections that are accepted and reset by the application. */
async function connections(application: Application, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => application.request().catch(() => {})));
}

test('a process with nothing left to do ends by itself, with its own exit code', async () => {
  await using application = new Application({ program: inlineProgram(`${START} process.exitCode = 7;`) });
  const { code, stderr } = await application.end();
  assert.equal(code, 7, stderr);
});

test('a process that was preloaded and does nothing ends by itself', async () => {
  await using application = new Application({ imports: [REGISTER], program: inlineProgram('') });
  const { code, stderr } = await application.end();
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});

test('process.exit and a signal end it as they would without', async () => {
  await using exiting = new Application({ program: inlineProgram(`${START} process.exit(5);`) });
  assert.equal((await exiting.end()).code, 5);
  await using signalled = new Application({ program: inlineProgram(`${START} process.kill(process.pid, 'SIGTERM');`) });
  assert.equal((await signalled.end()).signal, 'SIGTERM');
});

test('an uncaught exception is still one', async () => {
  await using application = new Application({ program: inlineProgram(`${START} throw new Error('its own')`) });
  const { code, stderr } = await application.end();
  assert.equal(code, 1);
  assert.match(stderr, /its own/);
});

test('what is accepted just before a natural exit is emitted, for a provider that is flushed then', async () => {
  const count = 20;
  await using application = await Application.listening({
    imports: [PRINT_RECORDS, REGISTER],
    program: [HTTP_SERVER, String(count)],
  });
  await connections(application, count);
  const { code, records } = await application.end();
  assert.equal(code, 0);
  assert.equal(records.length, count);
});

test('in a worker thread, whose natural exit emits as well', async () => {
  const count = 20;
  await using application = await Application.listening({ program: [PLUGIN_IN_WORKER, String(count)] });
  await connections(application, count);
  const { code, stderr, records } = await application.end();
  assert.equal(code, 0, stderr);
  assert.equal(records.length, count);
});

test('a worker thread that is terminated while it traces does not disturb the others', async () => {
  const program = inlineProgram(`
    import { Worker } from 'node:worker_threads';
    import { once } from 'node:events';
    const text = \`
      import { parentPort } from 'node:worker_threads';
      ${START}
      setInterval(() => {}, 1000);
      parentPort.postMessage(plugin.isEnabled());
    \`;
    const workers = [1, 2].map(() => new Worker(new URL('data:text/javascript,' + encodeURIComponent(text))));
    const started = await Promise.all(workers.map((worker) => once(worker, 'message')));
    if (started.flat().includes(false)) throw new Error('it did not start');
    await workers[0].terminate();
    await workers[1].terminate();
  `);
  await using application = new Application({ program });
  const { code, stderr } = await application.end();
  assert.equal(code, 0, stderr);
});

test('an application that gives up root after it has started is traced on', async () => {
  const program = inlineProgram(`
    import './../../src/register.ts';
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    await import('./http-server.ts');
  `);
  await using application = await Application.listening({ imports: [PRINT_RECORDS], program });
  const port = await application.request();
  const { code, stderr, records } = await application.end();
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    records.map((attributes) => [attributes['network.peer.port'], attributes['process.user.id']]),
    [[port, 65_534]],
  );
});
