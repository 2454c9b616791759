import assert from 'node:assert/strict';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { SdkLane } from '../../src/export/sdk-lane.ts';
import { EXPORT_FATES, Ledger, type LedgerName } from '../../src/ledger.ts';
import type { RecordBatch } from '../../src/record/accept-record.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';

/** Records with the peer ports 1, 2, 3..., so that each can be told from the others. */
export function records(count: number): RecordBatch {
  return batchOf(Array.from({ length: count }, (_, index) => exampleRecord({ peerPort: index + 1 })));
}

/** A lane as the environment says, with its ledger and every warning. */
export class TestLane {
  readonly ledger = new Ledger();
  readonly warnings: { readonly cause: string; readonly text: string }[] = [];
  lane!: SdkLane;

  static async open(environment: NodeJS.ProcessEnv): Promise<TestLane> {
    const test = new TestLane();
    const { settings } = readOtlpEnvironment(environment);
    test.lane = await SdkLane.open({
      settings,
      resource: resourceFromAttributes({ 'service.name': 'test' }),
      ledger: test.ledger,
      warn: (cause, text) => test.warnings.push({ cause, text }),
    });
    return test;
  }

  /** As the command does: what is handed on is counted first. */
  accept(batch: RecordBatch): void {
    this.ledger.add('drained', batch.count);
    this.lane.accept(batch);
  }

  /** Checks every fate that is not 0, and that they add up to what was drained. */
  assertFates(fates: Partial<Record<LedgerName, number>>): void {
    const moved = EXPORT_FATES.filter((name) => this.ledger.get(name) !== 0);
    assert.deepEqual(Object.fromEntries(moved.map((name) => [name, this.ledger.get(name)])), fates);
    assert.equal(
      EXPORT_FATES.reduce((sum, name) => sum + this.ledger.get(name), 0),
      this.ledger.get('drained') + this.ledger.get('reports'),
    );
  }
}
