import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { PATIENCE_MILLIS } from '../in-time.ts';

const MOST_LISTINGS = 100;

/** Ids the kernel gives to programs and links; they are not used again. */
export interface BpfObjects {
  readonly programs: readonly number[];
  readonly links: readonly number[];
}

/** What this process holds open. */
export function ownBpfObjects(): BpfObjects {
  return { programs: idsHeld('prog_id'), links: idsHeld('link_id') };
}

/** How often the kernel skipped a program of this process because it had interrupted itself on its CPU, so far. */
export function ownRecursionMisses(): number {
  const infos = ownDescriptors().map(({ number }) => readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'));
  return infos.reduce((sum, text) => sum + Number(/^recursion_misses:\s+(\d+)$/m.exec(text)?.[1] ?? 0), 0);
}

function idsHeld(field: 'prog_id' | 'link_id'): number[] {
  const line = new RegExp(`^${field}:\\s+(\\d+)$`, 'm');
  const ids = ownDescriptors().map(({ number }) => line.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1]);
  return [...new Set(ids.filter((id) => id !== undefined).map(Number))];
}

/** Every descriptor of this process that a tracer opens: maps, programs, links, perf events, BTF. */
export function ownDescriptors(): { readonly number: string; readonly target: string }[] {
  return readdirSync('/proc/self/fd')
    .map((number) => ({ number, target: targetOf(number) }))
    .filter(({ target }) => /^anon_inode:(bpf|btf|\[perf_event)|^\/$|trac/.test(target));
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ''; // the folder's own, closed by now
  }
}

/** Parts of a ring mapped into this process. */
export function ownMappings(): string[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('bpf-map'));
}

/** Fails while the kernel still has any of them: it frees what nobody holds a moment after the last holder let go. */
export async function assertFreed({ programs, links }: BpfObjects): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  const look = () => [...stillLoaded('prog', programs), ...stillLoaded('link', links)];
  let left = look();
  for (; left.length > 0 && performance.now() < deadline; left = look()) await pause(20);
  assert.deepEqual(left, []);
}

function stillLoaded(kind: 'prog' | 'link', ids: readonly number[]): string[] {
  return listed(kind)
    .filter(({ id }) => ids.includes(id))
    .map(({ id }) => `${kind} ${id}`);
}

/** Everybody's. bpftool gives up when one that it has listed is freed before it asks for it, and then lists anew. */
export function listed(kind: 'prog' | 'link'): { readonly id: number; readonly type?: string }[] {
  for (let times = 1; ; times++) {
    const { status, stdout, stderr } = spawnSync('bpftool', ['-j', kind, 'list'], { encoding: 'utf8' });
    if (status === 0) return JSON.parse(stdout);
    assert.ok(times < MOST_LISTINGS, `bpftool ended with ${status}: ${stdout}${stderr}`);
  }
}
