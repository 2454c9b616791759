/** Records what each program takes the verifier, of this kernel and of the guests': `npm run instructions`. */
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { LOADERS, measureInstructions } from '../../setup/verified-instructions.ts';
import { TcpAcceptError } from '../../src/errors.ts';
import { BOUNDS_FILE, kernelLine } from '../kernel/instruction-bounds.ts';
import { guestInstructions } from './guest-instructions.ts';

const here = LOADERS.map((loader) => [loader, measureInstructions(loader)] as const).filter(
  ([, counts]) => !(counts instanceof TcpAcceptError),
);
const recorded = {
  '6.1': await guestInstructions('6.1'),
  '6.12': await guestInstructions('6.12'),
  [kernelLine(release())]: Object.fromEntries(here),
};
writeFileSync(BOUNDS_FILE, `${JSON.stringify(recorded, null, 2)}\n`);
