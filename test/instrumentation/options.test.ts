import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diag } from '@opentelemetry/api';
import { TcpAcceptInstrumentation, type TcpAcceptInstrumentationConfig } from '../../src/index.ts';
import { HeardDiag } from './kept-records.ts';

/** Options as JavaScript callers write them, which no compiler has looked at. */
function untyped(config: unknown): TcpAcceptInstrumentationConfig {
  return config as TcpAcceptInstrumentationConfig;
}

const REFUSED: readonly (readonly [config: unknown, says: string])[] = [
  [{ processes: 'mine' }, "processes: 'mine' is not accepted; it accepts 'own', 'all' or a pid from 1 to 4194304"],
  [{ processes: 0 }, 'processes: 0 '],
  [{ processes: 1.5 }, 'processes: 1.5 '],
  [{ processes: Number.NaN }, 'processes: NaN '],
  [{ processes: 4_194_305 }, 'processes: 4194305 '],
  [{ processes: null }, 'processes: null '],
  [{ processes: 812n }, 'processes: 812n '],
  [{ ports: 80 }, 'ports: 80 is not accepted; it accepts an array of ports from 1 to 65535'],
  [{ ports: '80' }, "ports: '80' "],
  [{ ports: ['80'] }, "ports: [ '80' ] "],
  [{ ports: [0] }, 'ports: [ 0 ] '],
  [{ ports: [80, 65_536] }, 'ports: [ 80, 65536 ] '],
  [{ ports: [80.5] }, 'ports: [ 80.5 ] '],
  [{ family: 'ipv4' }, "family: 'ipv4' is not accepted; it accepts 'inet' or 'inet6'"],
  [{ family: 4 }, 'family: 4 '],
  [{ hook: 'kprobe' }, "hook: 'kprobe' is not accepted; it accepts 'auto', 'fexit', 'kretprobe' or 'syscall'"],
  [{ hook: ['fexit'] }, "hook: [ 'fexit' ] "],
  [{ ringBytes: 5000 }, 'ringBytes: 5000 is not accepted; it accepts a power of two from 4096 to 1073741824'],
  [{ ringBytes: 2048 }, 'ringBytes: 2048 '],
  [{ ringBytes: 2 ** 31 }, 'ringBytes: 2147483648 '],
  [{ ringBytes: '1M' }, "ringBytes: '1M' "],
  [{ exporterPorts: 4318 }, 'exporterPorts: 4318 '],
  [{ exporterPorts: Array(33).fill(4318) }, 'exporterPorts: [ 4318, '],
  [{ enabled: 'yes' }, "enabled: 'yes' is not accepted; it accepts true or false"],
  [null, 'the options: null is not accepted; it accepts an object'],
  ['all', "the options: 'all' "],
  [[], 'the options: [] '],
];

for (const [config, says] of REFUSED) {
  test(`refused with one diag error: ${says.split(' is ')[0]}`, () => {
    using heard = new HeardDiag();
    const plugin = new TcpAcceptInstrumentation(untyped(config));
    assert.equal(plugin.isEnabled(), false);
    assert.equal(heard.errors.length, 1);
    assert.ok(heard.errors[0]?.startsWith(`otel-tcpaccept: ERR_USAGE: ${says}`), heard.errors[0]);
  });
}

test('refused, every method is there and does nothing', () => {
  using heard = new HeardDiag();
  const plugin = new TcpAcceptInstrumentation(untyped({ hook: 'none' }));
  plugin.flush();
  plugin.disable();
  plugin.setTracerProvider();
  plugin.setMeterProvider();
  assert.equal(plugin.counts().seen, 0);
  assert.equal(heard.errors.length, 1);
});

test('a diag logger that throws', (t) => {
  const fail = () => {
    throw new Error('its own');
  };
  diag.setLogger({ error: fail, warn: fail, info: () => {}, debug: () => {}, verbose: () => {} });
  t.after(() => diag.disable());
  assert.equal(new TcpAcceptInstrumentation(untyped({ hook: 'none', port: 80 })).isEnabled(), false);
});

test('off Linux: one diag error', (t) => {
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  t.after(() => Object.defineProperty(process, 'platform', { value: platform }));
  using heard = new HeardDiag();
  assert.equal(new TcpAcceptInstrumentation().isEnabled(), false);
  assert.equal(heard.errors.length, 1);
  assert.match(heard.errors[0] ?? '', /^otel-tcpaccept: ERR_PLATFORM: this is darwin/);
});

test('an option that does not exist is warned of, with the one it may have been', () => {
  using heard = new HeardDiag();
  new TcpAcceptInstrumentation(untyped({ port: [80], nonsense: 1, hook: 'none' }));
  assert.equal(heard.warnings.length, 2);
  assert.match(heard.warnings[0] ?? '', /port: no such option; did you mean ports\?/);
  assert.match(heard.warnings[1] ?? '', /nonsense: no such option; there are enabled, processes, /);
});

test('options that throw when they are looked at', () => {
  using heard = new HeardDiag();
  const config = {
    get ports() {
      throw new Error('not today');
    },
  };
  assert.equal(new TcpAcceptInstrumentation(untyped(config)).isEnabled(), false);
  assert.match(heard.errors.join(), /ERR_INTERNAL: not today/);
});

test('enabled: false looks at nothing; enable reads the options of setConfig', () => {
  using heard = new HeardDiag();
  const plugin = new TcpAcceptInstrumentation(untyped({ enabled: false, hook: 'none' }));
  assert.deepEqual(plugin.getConfig(), { enabled: false, hook: 'none' });
  assert.deepEqual(heard.errors, []);
  plugin.setConfig(untyped({ family: 'none' }));
  assert.deepEqual(plugin.getConfig(), { enabled: true, family: 'none' });
  assert.deepEqual(heard.errors, []);
  plugin.enable();
  plugin.enable();
  assert.equal(heard.errors.length, 2);
  assert.match(heard.errors[1] ?? '', /family: 'none'/);
});
