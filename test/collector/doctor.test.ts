import assert from 'node:assert/strict';
import { release } from 'node:os';
import { test } from 'node:test';
import type { Finding } from '../../src/cli/doctor/check.ts';
import { startCollector } from './collector.ts';
import { freePorts } from './free-ports.ts';
import { COMMAND, type CommandOptions, type Ended, runCommand } from './tracer-command.ts';

/** Root without a single capability: as able as any user, and it can read a checkout in root's own folder. */
const WITHOUT_CAPABILITIES = [
  'setpriv',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--no-new-privs',
  ...COMMAND,
] as const;

/** `doctor --json`, which prints nothing else; its findings by name, in their order. */
async function diagnose(options: CommandOptions = {}): Promise<{ ended: Ended; findings: Map<string, Finding> }> {
  const ended = await runCommand(['doctor', '--json'], options);
  assert.equal(ended.stderr, '');
  const { findings }: { findings: Finding[] } = JSON.parse(ended.stdout);
  for (const { name, status, detail, mend } of findings) {
    assert.ok(detail, name);
    assert.equal(mend !== undefined, status !== 'ok', `${name}: a mend beside what is not ok, and nowhere else`);
  }
  return { ended, findings: new Map(findings.map((finding) => [finding.name, finding])) };
}

test('on a host that can be traced: exit 0, a real accept seen, export off', async () => {
  const { ended, findings } = await diagnose();
  assert.equal(ended.code, 0, ended.stdout);
  assert.deepEqual(
    [...findings.keys()],
    [
      ...['kernel', 'btf', 'lockdown', 'capabilities', 'tracefs'],
      ...['hook fexit', 'hook kretprobe', 'hook syscall', 'loopback accept', 'endpoint'],
    ],
  );
  assert.equal(findings.get('kernel')?.detail.split(' ')[1], release());
  const chosen = [...findings.values()].filter(({ detail }) => detail.startsWith('chosen: '));
  assert.equal(chosen.length, 1);
  const { status, detail = '' } = findings.get('loopback accept') ?? {};
  assert.equal(status, 'ok');
  assert.match(detail, /^\S+\[\d+\] accepted 127\.0\.0\.1:\d+ on port \d+$/);
  assert.match(findings.get('endpoint')?.detail ?? '', /^export is off; .*OTEL_EXPORTER_OTLP_ENDPOINT/);
});

test('text says the same: a line a finding, with its mend below', async () => {
  const { findings } = await diagnose();
  const { code, stdout, stderr } = await runCommand(['doctor']);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n').slice(0, -1);
  for (const { name, status, mend } of findings.values()) {
    const at = lines.findIndex((line) => line.startsWith(status.padEnd(4)) && line.includes(`  ${name}  `));
    assert.ok(at >= 0, `${name} is not in:\n${stdout}`);
    if (mend !== undefined) assert.equal(lines[at + 1]?.trim(), `mend: ${mend}`);
    lines.splice(at, mend === undefined ? 1 : 2);
  }
  assert.deepEqual(lines, []);
});

for (const [protocol, option] of [
  ['http/protobuf', 'httpEndpoint'],
  ['http/json', 'httpEndpoint'],
  ['grpc', 'grpcEndpoint'],
] as const) {
  test(`a real collector over ${protocol}: ok, and nothing is in it afterwards`, async () => {
    await using collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector[option], OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    const { ended, findings } = await diagnose({ env });
    assert.equal(ended.code, 0, ended.stdout);
    const { status, detail } = findings.get('endpoint') ?? {};
    const endpoint = protocol === 'grpc' ? collector[option] : `${collector[option]}/v1/logs`;
    assert.deepEqual([status, detail], ['ok', `${endpoint} took an empty export over ${protocol}`]);
    assert.deepEqual(await collector.records(), []);
  });

  test(`nothing at the endpoint over ${protocol}: exit 1, and what to do`, async () => {
    const [port] = await freePorts(1);
    const endpoint = `http://127.0.0.1:${port}`;
    const { ended, findings } = await diagnose({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
    });
    assert.equal(ended.code, 1, ended.stdout);
    const { status, detail = '', mend = '' } = findings.get('endpoint') ?? {};
    assert.equal(status, 'fail');
    assert.ok(detail.startsWith(`nothing listens at ${endpoint}`), detail);
    assert.match(mend, /start a collector there or set OTEL_EXPORTER_OTLP_ENDPOINT/);
    assert.equal(findings.get('loopback accept')?.status, 'ok');
  });
}

test('an endpoint that cannot be used at all fails by its variable', async () => {
  const { ended, findings } = await diagnose({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' } });
  assert.equal(ended.code, 1, ended.stdout);
  assert.match(findings.get('endpoint')?.detail ?? '', /^OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" /);
});

test('without capabilities: exit 77, which ones are missing, and no accept tried', async () => {
  const { ended, findings } = await diagnose({ command: WITHOUT_CAPABILITIES });
  assert.equal(ended.code, 77, ended.stdout);
  const { status, detail, mend = '' } = findings.get('capabilities') ?? {};
  assert.deepEqual([status, detail], ['fail', 'missing CAP_BPF, CAP_PERFMON']);
  assert.match(mend, /sudo/);
  assert.equal(findings.get('hook')?.status, 'fail');
  assert.ok(!findings.has('loopback accept'));
});

test('tracing without capabilities: exit 77 and one line that says what to do', async () => {
  const { code, stdout, stderr } = await runCommand([], { command: WITHOUT_CAPABILITIES });
  assert.deepEqual([code, stdout], [77, '']);
  assert.match(stderr, /^otel-tcpaccept: [^\n]*not permitted: run as root[^\n]* \(ERR_BPF_PERMISSION\)\n$/);
});
