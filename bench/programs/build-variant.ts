import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Variant } from './variants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The path of the variant's addon, which `buildVariant` makes; a guest runs what its host has built. */
export function addonOf(variant: Variant): string {
  return `${ROOT}${folderOf(variant)}/tcpaccept.node`;
}

function folderOf({ name }: Variant): string {
  return `build/variants/${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}

/** Builds the addon with the variant's programs. */
export function buildVariant(variant: Variant): string {
  writeSources(variant);
  const addon = addonOf(variant);
  execFileSync('make', ['--no-print-directory', '-s', addon.slice(ROOT.length)], { cwd: ROOT, stdio: 'inherit' });
  return addon;
}

/** Writes what the variant is built from. Throws where a text that it changes is no longer there. */
export function writeSources(variant: Variant): void {
  const folder = folderOf(variant);
  rmSync(`${ROOT}${folder}`, { recursive: true, force: true });
  mkdirSync(`${ROOT}${folder}`, { recursive: true });
  cpSync(`${ROOT}bpf`, `${ROOT}${folder}/bpf`, { recursive: true });
  for (const { file, text, instead } of variant.edits) {
    const path = `${ROOT}${folder}/bpf/${file}`;
    const source = readFileSync(path, 'utf8');
    if (!source.includes(text)) throw new Error(`bench/programs, ${variant.name}: ${file} has no "${text}"`);
    writeFileSync(path, source.replaceAll(text, instead));
  }
}
