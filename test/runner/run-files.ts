import { run, type TestsStream } from 'node:test';
import { endHungFiles } from './hung-files.ts';

/** Of a file's limit, so that what node:test says of a test that is late is heard before the file is ended. */
const TEST_SHARE = 0.9;

export interface FileLimits {
  /** Files at once. */
  readonly concurrency: number;
  /** For one file; it is ended then, and what hung is said. */
  readonly limitMillis: number;
}

/** Runs test files, each in a process of its own and none for ever. */
export function runFiles(files: readonly string[], { concurrency, limitMillis }: FileLimits): TestsStream {
  const stream = run({ files, concurrency, timeout: limitMillis * TEST_SHARE });
  endHungFiles(stream, limitMillis);
  return stream;
}
