/** Sends two records as the environment says, and what became of them to stderr; for the test of the console exporter. */
import { records, TestLane } from './lane.ts';

const lane = await TestLane.open(process.env);
lane.accept(records(2));
await lane.lane.close(5000);
process.stderr.write(lane.ledger.toLine());
