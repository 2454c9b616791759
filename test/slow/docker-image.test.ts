import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Acceptor } from '../collector/acceptor.ts';
import { connect } from '../collector/connector.ts';
import { keyOfAccept } from '../collector/expected-record.ts';
import { expectedTableRow } from '../collector/expected-table-row.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { importDebian } from '../containers/debian-base.ts';
import { DockerEngine } from '../containers/docker-engine.ts';
import { whyNoRuntime } from '../containers/runtime-daemon.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const IMAGE = 'otel-tcpaccept:test';
const COMPILERS = ['cc', 'c++', 'gcc', 'g++', 'cpp', 'clang', 'llc', 'ld', 'as', 'make', 'bpftool'];
const COMPILER_PACKAGES =
  /^(gcc|g\+\+|cpp|clang|llvm|binutils|make|libc6-dev|libelf-dev|dpkg-dev|bpftool)(-\d+)?(:\w+)?\s/m;

interface Service {
  readonly network_mode: string;
  readonly pid: string;
  readonly cap_drop: readonly string[];
  readonly cap_add: readonly string[];
  readonly security_opt: readonly string[];
  readonly read_only: boolean;
  readonly volumes: readonly string[];
}

// A real Docker Engine builds the Dockerfile. No registry is asked: its base, debian:12-slim, is a Debian of that release
// made here, and the packages of its steps come from where this machine's do.
test('the Dockerfile builds; its image has no compiler, and sees accepts with the capabilities of docker-compose.yml', {
  skip: whyNoRuntime(),
}, async () => {
  await using docker = await DockerEngine.start();
  const bases = readFileSync(`${ROOT}Dockerfile`, 'utf8').matchAll(/^FROM (\S+)/gm);
  for (const base of new Set(Array.from(bases, ([, name = '']) => name))) await importDebian(docker, base);
  await docker.docker('build', '--network=host', '--tag', IMAGE, ROOT);

  const inImage = (command: string) =>
    docker.docker('run', '--rm', '--network=none', '--entrypoint=sh', IMAGE, '-c', command);
  assert.equal(await inImage(`for one in ${COMPILERS.join(' ')}; do command -v "$one"; done; :`), '');
  assert.doesNotMatch(await inImage('dpkg --get-selections'), COMPILER_PACKAGES);

  const compose = parse(readFileSync(`${ROOT}docker-compose.yml`, 'utf8'));
  const service: Service = compose.services['otel-tcpaccept'];
  const options = [
    `--network=${service.network_mode}`,
    `--pid=${service.pid}`,
    ...service.cap_drop.map((name) => `--cap-drop=${name}`),
    ...service.cap_add.map((name) => `--cap-add=${name}`),
    ...service.security_opt.map((text) => `--security-opt=${text}`),
    ...(service.read_only ? ['--read-only'] : []),
    ...service.volumes.map((volume) => `--volume=${volume}`),
  ];
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
    command: ['docker', '--host', `unix://${docker.socketPath}`, 'run', '--rm', ...options, IMAGE],
  });
  const made = await connect(acceptor.targets(), 8, { awaits: true });
  await tracer.untilLines(1 + made.length);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const accepted = await acceptor.accepted(made.length);
  assert.deepEqual(
    tracer.lines.slice(1),
    made.map((client) => {
      const facts = accepted.find((one) => keyOfAccept(one) === keyOfAccept(client)) ?? assert.fail();
      return expectedTableRow(acceptor, facts);
    }),
  );
  assert.equal(readLedger(stderr).printed, made.length);
});
