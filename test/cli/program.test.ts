import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Parsed, parseCommandLine } from '../../src/cli/program.ts';
import { OPTION_KEYS, OPTIONS, readConfig } from '../../src/config.ts';
import { TcpAcceptError } from '../../src/errors.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';

function parse(line: string, environment: NodeJS.ProcessEnv = {}): Parsed {
  return parseCommandLine(line.split(' ').filter(Boolean), environment);
}

function printed(line: string, columns = 80): string {
  const parsed = parseCommandLine(line.split(' '), {}, columns);
  assert.ok(parsed.command === 'print');
  return parsed.text;
}

test('no arguments: trace with the defaults', () => {
  assert.deepEqual(parse(''), { command: 'trace', ...readConfig({}, {}) });
});

for (const key of OPTION_KEYS) {
  for (const { flags, sets } of OPTIONS[key].flags) {
    const { example } = OPTIONS[key];
    const names = flags.match(/--?[\w-]+/g) ?? [];
    test(`${names.join(' and ')} set ${key}`, () => {
      const expected = readConfig({ [key]: sets ?? example }, {});
      assert.ok(names.length > 0);
      for (const name of names) {
        const lines =
          sets === undefined
            ? [[name, example], [name.startsWith('--') ? `${name}=${example}` : name + example]]
            : [[name]];
        for (const line of lines) assert.deepEqual(parseCommandLine(line, {}), { command: 'trace', ...expected });
      }
    });
  }
}

test('short flags run together, as in tcpaccept(8), and the last of two wins', () => {
  const expected = readConfig({ time: 'true', timestamp: 'true', ports: '80,443', family: 'ipv6' }, {});
  assert.deepEqual(parse('-Tt6P80,443'), { command: 'trace', ...expected });
  assert.deepEqual(parse('-P 1 -P 2'), { command: 'trace', ...readConfig({ ports: '2' }, {}) });
  assert.deepEqual(parse('--no-export --export'), { command: 'trace', ...readConfig({ export: 'true' }, {}) });
  assert.deepEqual(parse('--export --no-export'), { command: 'trace', ...readConfig({ export: 'false' }, {}) });
});

test('variables and their warnings arrive', () => {
  const environment = { TCPACCEPT_PORT: '80', TCPACCEPT_PROT: '1' };
  assert.deepEqual(parse('-T', environment), { command: 'trace', ...readConfig({ time: 'true' }, environment) });
});

test('spool takes its own options, and one of its words, which has no --json', () => {
  assert.deepEqual(parse('spool'), { command: 'spool', json: false, ...readConfig({}, {}) });
  assert.deepEqual(parse('--spool-dir /a spool --json --spool-max-age 1d'), {
    command: 'spool',
    json: true,
    ...readConfig({ spoolDirectory: '/a', spoolMaxAgeMillis: '1d' }, {}),
  });
  for (const action of ['flush', 'export']) {
    assert.deepEqual(parse(`spool ${action}`), { command: 'spool', action, json: false, ...readConfig({}, {}) });
    assert.throws(() => parse(`spool ${action} --json`), { message: /^spool \w+ takes no --json; see / });
  }
  assert.throws(() => parse('spool empty'), { message: /'empty' is invalid .* flush, export; see / });
  assert.throws(() => parse('spool flush export'), { code: 'ERR_USAGE' });
  assert.throws(() => parse('spool -P 80'), { code: 'ERR_USAGE' });
  assert.throws(() => parse('--spool off spool'), { message: /^spool takes no --spool; see / });
});

test('doctor takes its own options, and those before it that mean something to it', () => {
  assert.deepEqual(parse('doctor'), { command: 'doctor', json: false, ...readConfig({}, {}) });
  assert.deepEqual(parse('--verbose --hook fexit doctor --json --hook syscall --no-export'), {
    command: 'doctor',
    json: true,
    ...readConfig({ verbose: 'true', hook: 'syscall', export: 'false' }, {}),
  });
});

const REFUSED: Readonly<Record<string, string>> = {
  '-4 -6': "option '-4, --ipv4' cannot be used with option '-6, --ipv6'; see otel-tcpaccept --help",
  '-64': "option '-4, --ipv4' cannot be used with option '-6, --ipv6'; see otel-tcpaccept --help",
  '--prot 80': "unknown option '--prot' (Did you mean --port?); see otel-tcpaccept --help",
  '--ebpf': "unknown option '--ebpf'; see otel-tcpaccept --help",
  '-x': "unknown option '-x'; see otel-tcpaccept --help",
  '--json': "unknown option '--json'; see otel-tcpaccept --help",
  '-P': "option '-P, --port <PORTS>' argument missing; see otel-tcpaccept --help",
  docter: "unknown command 'docter' (Did you mean doctor?); see otel-tcpaccept --help",
  '443': "unknown command '443'; see otel-tcpaccept --help",
  'doctor now': "too many arguments for 'doctor'. Expected 0 arguments but got 1: now; see otel-tcpaccept --help",
  'doctor -P 80': "unknown option '-P'; see otel-tcpaccept --help",
  '-P 80 doctor': 'doctor takes no --port; see otel-tcpaccept --help',
  '-6 --no-export doctor': 'doctor takes no --ipv6; see otel-tcpaccept --help',
  '--pid -1': '--pid: "-1" is not a process id; it accepts a whole number from 1 to 4194304, for instance --pid 181',
  '--port 80,x':
    '--port: "80,x" is not a list of ports; it accepts whole numbers from 1 to 65535 separated by commas, for instance --port 80,443',
};

for (const [line, message] of Object.entries(REFUSED)) {
  test(`refused: ${line}`, () => {
    assert.throws(
      () => parse(line),
      (thrown) => thrown instanceof TcpAcceptError && thrown.code === 'ERR_USAGE' && thrown.message === message,
    );
  });
}

test('an error is one line, whatever was typed', () => {
  for (const argv of [['--a\nb'], ['a\r\n\tb'], ['doctor', 'a\nb']]) {
    assert.throws(
      () => parseCommandLine(argv, {}),
      (thrown) => thrown instanceof TcpAcceptError && !/[\r\n]/.test(thrown.message),
    );
  }
});

test('--version and -V print the version', () => {
  for (const flag of ['--version', '-V']) assert.equal(printed(flag), `${PACKAGE_VERSION}\n`);
});

for (const columns of [80, 120]) {
  test(`--help names every flag, variable and default, in ${columns} columns`, () => {
    const help = printed('--help', columns);
    const words = help.replace(/\s+/g, ' ');
    for (const key of OPTION_KEYS) {
      const { flags, variable, group, default: fallback } = OPTIONS[key];
      assert.ok(help.includes(`\n${group}:\n`), group);
      for (const { flags: text, sets, brief } of flags) {
        const beside = `${fallback.text ? `default: ${fallback.text}; ` : ''}${variable}${sets ? `=${sets}` : ''}`;
        assert.ok(words.includes(`${text} ${brief} (${beside})`), `${text} ${brief} (${beside})`);
      }
    }
    for (const line of help.split('\n')) assert.ok(line.length <= columns, line);
  });
}

test('--help ends with examples that parse, and is the same wherever -h stands', () => {
  const help = printed('-h');
  const examples = help.slice(help.indexOf('\nExamples:\n')).match(/^ {2}otel-tcpaccept[^#]*/gm) ?? [];
  assert.ok(examples.length > 4);
  for (const example of examples) assert.notEqual(parse(example.replace('otel-tcpaccept', '')).command, 'print');
  assert.equal(printed('-T -h'), help);
  assert.equal(printed('--port x --help'), help);
  for (const text of ['Exit codes: 0 ', '77 ', 'OTEL_LOGS_EXPORTER', 'OTEL_EXPORTER_OTLP_'])
    assert.ok(help.includes(text));
});

test('doctor --help is its own', () => {
  const help = printed('doctor --help');
  assert.match(help, /^Usage: otel-tcpaccept doctor /);
  assert.match(help, /--json/);
  assert.doesNotMatch(help, /--port/);
});
