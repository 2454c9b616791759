import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { InstructionCounts, Loader } from '../../setup/verified-instructions.ts';

/** `npm run instructions` writes it; by kernel line (6.1), then loader. */
export const BOUNDS_FILE = new URL('../../bpf/verified-instructions.json', import.meta.url);

export type RecordedCounts = Readonly<Record<string, Readonly<Partial<Record<Loader, InstructionCounts>>>>>;

const GROWTH_ALLOWED = 1.2;

/** Of a release, for instance `6.1` of `6.1.0-56-amd64`. */
export function kernelLine(release: string): string {
  return release.split('.', 2).join('.');
}

export function recordedCounts(): RecordedCounts {
  return JSON.parse(readFileSync(BOUNDS_FILE, 'utf8'));
}

/** What has changed too much to go unnoticed, one phrase a program. */
export function grown(counts: InstructionCounts, recorded: InstructionCounts): string[] {
  const programs = new Set([...Object.keys(counts), ...Object.keys(recorded)]);
  return [...programs].flatMap((program) => {
    const [now, before] = [counts[program], recorded[program]];
    if (now !== undefined && before !== undefined && now <= before * GROWTH_ALLOWED) return [];
    return [`${program}: ${now ?? 'not loaded'}, recorded ${before ?? 'nothing'}`];
  });
}

export function assertBounded(counts: InstructionCounts, recorded: InstructionCounts | undefined): void {
  const changes = grown(counts, recorded ?? {});
  assert.deepEqual(changes, [], 'more than a fifth over the record: mend it, or `npm run instructions` and say why');
}
