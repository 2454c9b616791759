/**
 * Runs the files its arguments name; a file may take as many milliseconds as the first one says. Their tests have no time of
 * their own, so that it is the file's that strikes.
 */
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { endHungFiles } from '../hung-files.ts';

const [limit, ...files] = process.argv.slice(2);
const stream = run({ files, concurrency: files.length });
endHungFiles(stream, Number(limit));
stream.compose(new spec()).pipe(process.stdout);
