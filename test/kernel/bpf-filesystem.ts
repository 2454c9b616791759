import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The shape of a map as `bpftool map create` takes it. */
export interface MapShape {
  readonly type: 'hash' | 'array' | 'lru_hash';
  readonly key: number;
  readonly value: number;
}

export const CGROUP_SET: MapShape = { type: 'hash', key: 8, value: 8 };
export const MOUNT_NAMESPACE_SET: MapShape = { type: 'hash', key: 8, value: 4 };

/** A BPF file system of its own on a temporary folder, and bpftool to fill it. Unmounted when disposed of. */
export class BpfFilesystem {
  readonly path = mkdtempSync(join(tmpdir(), 'tcpaccept-bpffs-'));

  constructor() {
    execFileSync('mount', ['-t', 'bpf', 'bpf', this.path]);
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** What is pinned, by name. */
  pins(): string[] {
    return readdirSync(this.path);
  }

  /** Makes and pins a map; its path. */
  createMap(name: string, { type, key, value }: MapShape): string {
    const path = this.pathOf(name);
    const shape = ['type', type, 'key', String(key), 'value', String(value), 'entries', '16', 'name', name];
    bpftool('map', 'create', path, ...shape);
    return path;
  }

  insert(path: string, { key, value }: MapShape, member: bigint): void {
    const zeros = Array.from({ length: value }, () => '0');
    bpftool('map', 'update', 'pinned', path, 'key', ...bytesOf(member, key), 'value', ...zeros);
  }

  remove(path: string, { key }: MapShape, member: bigint): void {
    bpftool('map', 'delete', 'pinned', path, 'key', ...bytesOf(member, key));
  }

  /** Pins a loaded program or link by its id; its path. */
  pin(kind: 'prog' | 'link', id: number, name: string): string {
    bpftool(kind, 'pin', 'id', String(id), this.pathOf(name));
    return this.pathOf(name);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.path]);
    rmdirSync(this.path);
  }
}

function bpftool(...args: readonly string[]): void {
  execFileSync('bpftool', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function bytesOf(member: bigint, length: number): string[] {
  return Array.from({ length }, (_, i) => String((member >> BigInt(8 * i)) & 0xffn));
}
