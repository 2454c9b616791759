import assert from 'node:assert/strict';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { DirectEncoder } from '../../src/export/direct/direct-encoder.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { openAcceptEncoder } from '../../src/kernel/accept-encoder.ts';
import type { AcceptRecord } from '../../src/record/accept-record.ts';
import type { LossRecord } from '../../src/record/loss-record.ts';
import type { SummaryRecord } from '../../src/record/summary-record.ts';
import { acceptOf } from '../identity/accept.ts';
import { exampleSummary } from '../record/example-summary.ts';

/** What of a seeded accept differs; the rest is what every accept has. */
export interface SeedAccept {
  readonly unixMillis: number;
  readonly peer: string;
  readonly port: number;
  readonly executable: string;
  readonly peerPort?: number;
  readonly waitedMillis?: number;
  readonly queueLength?: number;
  readonly queueLimit?: number;
}

let made = 0;

/** An accept as the tracer has it; no two have the same id. */
export function seedRecord(seed: SeedAccept): AcceptRecord {
  const sequence = BigInt(++made);
  const unixNs = BigInt(Math.round(seed.unixMillis * 1000)) * 1000n;
  return {
    uid: `seed-${sequence}`,
    connection: {
      ...acceptOf({ pid: 812, acceptedBootNs: 1n, sequence }),
      acceptedUnixNs: unixNs,
      observedUnixNs: unixNs + 5_000_000n,
      peerAddress: seed.peer,
      peerPort: seed.peerPort ?? 1024 + (made % 60_000),
      localAddress: '10.0.0.1',
      localPort: seed.port,
      comm: seed.executable,
      socketCookie: sequence,
      queueDurationNs: BigInt((seed.waitedMillis ?? 1) * 1_000_000),
      queueLength: seed.queueLength ?? 0,
      queueLimit: seed.queueLimit ?? 4096,
      rttUs: 120,
    },
    process: {
      executableName: seed.executable,
      executablePath: `/usr/sbin/${seed.executable}`,
      cgroupPath: `/system.slice/${seed.executable}.service`,
      containerId: undefined,
      containerRuntime: undefined,
      podUid: undefined,
      commandLine: undefined,
      parentPid: 1,
      creationTime: '2026-11-25T00:00:00.000Z',
      userName: 'root',
      realUserName: 'root',
    },
  };
}

export function seedLoss(cause: LossRecord['cause'], count: number, unixMillis: number): LossRecord {
  return {
    uid: `seed-${++made}`,
    cause,
    count,
    accepts: count,
    noticedUnixNs: BigInt(unixMillis) * 1_000_000n,
    intervalNs: 1_000_000_000n,
  };
}

/** What the kernel counted of one client in the 10 s before. */
export function seedSummary(
  peerAddress: string,
  localPort: number,
  accepts: number,
  unixMillis: number,
): SummaryRecord {
  const endedUnixNs = BigInt(unixMillis) * 1_000_000n;
  const listener = {
    networkType: 'ipv4',
    localAddress: '10.0.0.1',
    localPort,
    networkNamespace: 4_026_531_840,
  } as const;
  const record = exampleSummary({ peerAddress, listener, accepts, endedUnixNs, observedUnixNs: endedUnixNs });
  return { ...record, uid: `seed-${++made}` };
}

/** The resource of one host's tracer, as otel-config/agent.yaml leaves it where there is a pod. */
export function hostResource(instance: string, more: Readonly<Record<string, string>> = {}): Resource {
  return resourceFromAttributes({
    'service.name': 'otel-tcpaccept',
    'service.version': '0.1.0',
    'service.instance.id': instance,
    'host.name': instance,
    'host.id': '0123456789abcdef0123456789abcdef',
    'host.arch': 'amd64',
    'os.type': 'linux',
    'os.version': '6.12.0',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '3.1.0',
    ...more,
  });
}

/** The bytes of one request, made by the tracer's own encoder. */
export function encode(
  resource: Resource,
  accepts: readonly AcceptRecord[],
  losses: readonly LossRecord[] = [],
  summaries: readonly SummaryRecord[] = [],
): Uint8Array {
  const encoder = new DirectEncoder({
    resource,
    limits: readOtlpEnvironment({}).settings.limits,
    warn: (_, text) => assert.fail(text),
    native: openAcceptEncoder(),
  });
  for (const record of accepts) encoder.add('accepted', record);
  for (const record of losses) encoder.add('lost', record);
  for (const record of summaries) encoder.add('summarized', record);
  return encoder.take().body;
}

/** Posts one request as it is; fails unless the status is one of success. */
export async function post(endpoint: string, body: Uint8Array): Promise<void> {
  const response = await fetch(`${endpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
  });
  assert.ok(response.ok, `${response.status} ${await response.text()}`);
}
