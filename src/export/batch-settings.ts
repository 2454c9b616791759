import { type EnvironmentValues, timeout, wholeNumber } from './environment-values.ts';

/** How a batch processor of the SDK, or what stands for one, makes batches; times are milliseconds. */
export interface BatchSettings {
  /** What may wait or be under way; what comes on top is dropped. */
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}

/** The variables of the batch processor: `prefix` is BLRP for records, BSP for spans. */
export function readBatch(
  values: EnvironmentValues,
  prefix: 'BLRP' | 'BSP',
  { items, maxQueueSize: mostWaiting, scheduledDelayMillis }: BatchDefaults,
): BatchSettings {
  const count = wholeNumber(1, items);
  const batchVariable = `OTEL_${prefix}_MAX_EXPORT_BATCH_SIZE`;
  const maxQueueSize = values.read([`OTEL_${prefix}_MAX_QUEUE_SIZE`], count, mostWaiting);
  const asked = values.read([batchVariable], count, 512);
  const maxExportBatchSize = Math.min(asked, maxQueueSize);
  if (values.first(batchVariable) && asked > maxQueueSize) {
    values.warnings.push(`${batchVariable}: ${asked} is more than the queue holds; ${maxQueueSize} is used`);
  }
  const delay = wholeNumber(0, 'milliseconds');
  return {
    maxQueueSize,
    maxExportBatchSize,
    scheduledDelayMillis: values.read([`OTEL_${prefix}_SCHEDULE_DELAY`], delay, scheduledDelayMillis),
    exportTimeoutMillis: values.read([`OTEL_${prefix}_EXPORT_TIMEOUT`], timeout, 30_000),
  };
}

interface BatchDefaults extends Pick<BatchSettings, 'maxQueueSize' | 'scheduledDelayMillis'> {
  readonly items: 'records' | 'spans';
}
