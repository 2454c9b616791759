import { fileURLToPath } from 'node:url';
import type { GuestInstructions } from './instructions-in-guest.ts';
import { resultFromGuest } from './result-from-guest.ts';

const PROGRAM = fileURLToPath(new URL('instructions-in-guest.ts', import.meta.url));

/** What the verifier of a kernel line goes through, measured in a guest. */
export function guestInstructions(line: string): Promise<GuestInstructions> {
  return resultFromGuest({ line, program: PROGRAM });
}
