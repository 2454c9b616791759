import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeResource } from '../../src/export/resource.ts';
import { hostAttributes } from '../../src/identity/host.ts';
import { Acceptor } from '../collector/acceptor.ts';
import { connect } from '../collector/connector.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { runCommand, TracerCommand } from '../collector/tracer-command.ts';
import { fillSpool, SpoolFolder } from '../export/spool/spool-under-test.ts';
import { Loki } from './loki.ts';
import { encode, hostResource, post, seedRecord } from './seed.ts';

const HOUR = 3_600_000;
const REQUESTS = 36;
const APART_MILLIS = (3 * HOUR) / REQUESTS;
const RECORDS = 80;
const LIVE_MILLIS = 100;
const LIVE = 300;

/** Fills a spool with three hours of what this host would have recorded; its stream. */
async function fillHours(t: TestContext, directory: string): Promise<string> {
  const { resource } = makeResource(await hostAttributes());
  const from = Date.now() - 3 * HOUR;
  const requests = Array.from({ length: REQUESTS }, (_, index) => {
    const accepts = Array.from({ length: RECORDS }, (__, i) => ({
      unixMillis: from + (index + i / RECORDS) * APART_MILLIS,
      peer: `10.2.${index}.${i}`,
      port: 443,
      executable: 'nginx',
    }));
    return {
      unixMillis: from + (index + 1) * APART_MILLIS,
      records: RECORDS,
      body: encode(resource, accepts.map(seedRecord)),
    };
  });
  fillSpool(t, directory, requests);
  return `${resource.attributes['service.instance.id']}`;
}

/** Another host, whose accepts arrive all the while as they happen; how many, once it is stopped. */
function startOtherHost(loki: Loki): { readonly stop: () => Promise<number> } {
  let isOver = false;
  let made = 0;
  const sending = (async () => {
    for (; !isOver; made++, await pause(LIVE_MILLIS)) {
      const accept = { unixMillis: Date.now(), peer: '10.3.0.1', port: 443, executable: 'nginx' };
      await post(loki.otlpEndpoint, encode(hostResource('other'), [seedRecord(accept)]));
    }
  })();
  sending.catch(() => {}); // said by stop()
  return {
    stop: async () => {
      isOver = true;
      await sending;
      return made;
    },
  };
}

function count(instance: string): string {
  return `sum(count_over_time({service_instance_id="${instance}"} [24h]))`;
}

/** Every line of a stream is there, and has a uid of its own. */
async function assertLines(loki: Loki, instance: string, lines: number): Promise<void> {
  await loki.untilCount(count(instance), lines);
  const streams = await loki.lines(`{service_instance_id="${instance}"}`, Date.now() - 4 * HOUR);
  const uids = streams.flatMap(({ values }) =>
    values.map(([, , more]) => more?.structuredMetadata?.['log_record_uid']),
  );
  assert.equal(uids.length, lines);
  assert.equal(new Set(uids).size, lines);
}

test('three hours in the spool of a tracer that starts, while it and another host are live: every line, none twice', async (t) => {
  using folder = new SpoolFolder();
  await using loki = await Loki.start();
  const own = await fillHours(t, folder.path);
  const other = startOtherHost(loki);
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(
    ['-P', acceptor.ports.join(','), '--output', 'none', '--mode', 'events', '--spool-dir', folder.path],
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: loki.otlpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '20' } },
  );
  await connect(acceptor.targets(), LIVE, { awaits: true });
  await loki.untilCount(count(own), REQUESTS * RECORDS + LIVE);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const { recovered, drained, reports, delivered, rejected } = readLedger(stderr);
  assert.deepEqual([recovered, drained, rejected], [REQUESTS * RECORDS, LIVE, 0]);
  assert.equal(delivered, recovered + drained + reports);
  await assertLines(loki, own, delivered);
  await assertLines(loki, 'other', await other.stop());
});

test('three hours that spool flush delivers, while another host is live: every line, none twice', async (t) => {
  using folder = new SpoolFolder();
  await using loki = await Loki.start();
  const own = await fillHours(t, folder.path);
  const other = startOtherHost(loki);
  const { code, stderr } = await runCommand(['spool', 'flush', '--spool-dir', folder.path], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: loki.otlpEndpoint },
  });
  assert.equal(code, 0, stderr);
  await assertLines(loki, own, REQUESTS * RECORDS);
  await assertLines(loki, 'other', await other.stop());
});
