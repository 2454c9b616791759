/** Makes one file of the command's modules and those of the packages it starts with: looking for two hundred takes longer. */
import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { thirdPartyNotices } from './third-party-notices.ts';

const { metafile } = await build({
  entryPoints: ['dist/cli/main.js'],
  allowOverwrite: true,
  outdir: 'dist/cli',
  bundle: true,
  // What is imported when it is wanted stays so.
  splitting: true,
  chunkNames: 'main-[hash]',
  // Asked for in both ways, and must be one.
  external: ['@grpc/*'],
  format: 'esm',
  platform: 'node',
  target: 'node22.15',
  sourcemap: true,
  // Not the texts of what is imported: they are in the packages.
  sourcesContent: false,
  // Packages that are no ES modules ask for Node's.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  metafile: true,
});
writeFileSync('dist/THIRD-PARTY-NOTICES.txt', thirdPartyNotices(metafile));
