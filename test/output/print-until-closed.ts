/** Prints a row whenever it can until stdout's reader leaves, and one more; then says on stderr what was counted. */
import { Ledger } from '../../src/ledger.ts';
import { Printer } from '../../src/output/printer.ts';
import { batchOf } from '../record/record-batch.ts';
import { exampleRecord } from './example-record.ts';

const ledger = new Ledger();
let accepted = 0;
const accept = () => {
  accepted++;
  printer.accept(batchOf([exampleRecord()]));
};
const timer = setInterval(accept, 1);
const { promise: closed, resolve } = Promise.withResolvers<string | undefined>();
const printer = new Printer(process.stdout, ledger, {
  format: 'table',
  time: false,
  timestamp: false,
  onClosed: (error) => resolve(error?.code),
});
printer.start();
const code = await closed;
clearInterval(timer);
accept();
await printer.flush(1000);
const { printed, unprinted } = ledger.counts();
process.stderr.write(JSON.stringify({ accepted, printed, unprinted, code }));
