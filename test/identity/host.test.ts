import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';
import { test } from 'node:test';
import type { ResourceDetector } from '@opentelemetry/resources';
import { bootId, hostAttributes, instanceIdOf } from '../../src/identity/host.ts';

const MACHINE_ID = '3d1219c7c4c5404aaa1f6d2a48adfda4';

function hostWith(hostId: string | undefined): ResourceDetector[] {
  return [{ detect: () => ({ attributes: { 'host.name': 'build-host', 'host.id': Promise.resolve(hostId) } }) }];
}

test('this host is described as the semantic conventions say', async () => {
  const { 'host.id': id, 'service.instance.id': instance, ...rest } = await hostAttributes();
  assert.deepEqual(rest, {
    'host.name': hostname(),
    'host.arch': arch() === 'x64' ? 'amd64' : arch(),
    'os.type': 'linux',
    'os.version': release(),
  });
  assert.ok(id === undefined || /^[0-9a-f]{32}$/.test(id));
  assert.equal(instance, instanceIdOf(id ?? hostname()));
});

test('the instance id is the UUID version 5 of the host id', async () => {
  // Python: uuid.uuid5(uuid.UUID('4d63009a-8d0f-11ee-aad7-4c796ed8e320'), MACHINE_ID)
  assert.deepEqual(await hostAttributes(hostWith(MACHINE_ID)), {
    'host.name': 'build-host',
    'host.id': MACHINE_ID,
    'service.instance.id': 'a2a593f3-a94f-5309-bf3e-7058411862c9',
  });
});

for (const hostId of [undefined, '', 'uninitialized']) {
  test(`with the machine id ${hostId} the instance id is made from the host's name`, async () => {
    assert.deepEqual(await hostAttributes(hostWith(hostId)), {
      'host.name': 'build-host',
      'service.instance.id': '3d50b107-391b-52b0-ae82-29fe7f5b2d15',
    });
  });
}

test('the boot id is the kernel UUID, without its line end', () => {
  assert.equal(`${bootId()}\n`, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
});
