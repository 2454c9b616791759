/** Runs inside a guest: what each program took the verifier. Usage: instructions-in-guest.ts RESULT_FILE. */
import { writeFileSync } from 'node:fs';
import {
  type InstructionCounts,
  LOADERS,
  type Loader,
  measureInstructions,
} from '../../setup/verified-instructions.ts';
import { TcpAcceptError } from '../../src/errors.ts';

export type GuestInstructions = Readonly<Record<Loader, InstructionCounts>>;

const counts = Object.fromEntries(
  LOADERS.map((loader) => {
    const measured = measureInstructions(loader);
    if (measured instanceof TcpAcceptError) throw measured;
    return [loader, measured];
  }),
);
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(counts));
