import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENSE_FILE = /^(licen[cs]e|notice|copying)/i;
const RULE = `\n${'-'.repeat(80)}\n\n`;

/** What the addon is linked with or has of headers: a package's folder, and a text of our own. */
const COMPILED_IN = 'node_modules/node-addon-api';
const LINKED = 'setup/libbpf-license.txt';

/** The licenses of the projects whose code is in the bundle, or in the addon; a text that several have is there once. */
export function thirdPartyNotices({ inputs }: Metafile): string {
  const folders = new Set(Object.keys(inputs).flatMap((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? []));
  const byText = Map.groupBy([...folders, COMPILED_IN].sort(), licenseOf);
  const packages = [...byText].map(([text, some]) => `${some.map(titleOf).join('\n')}\n\n${text}\n`);
  return ['This package contains code of these projects.\n', ...packages, readFileSync(LINKED, 'utf8')].join(RULE);
}

function titleOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version}: ${license}`;
}

function licenseOf(folder: string): string {
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  if (files.length === 0) throw new Error(`${folder} has no license to pass on`);
  return files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
}
