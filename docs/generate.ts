/** Makes the tables of the README and the reference, docs/performance.md and its plots anew: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { performancePage, performancePlots, readResults } from './performance.ts';
import { DOCUMENTS, withSections } from './reference.ts';

for (const document of DOCUMENTS) writeFileSync(document, withSections(readFileSync(document, 'utf8')));

const results = readResults();
writeFileSync(new URL('performance.md', import.meta.url), performancePage(results));
for (const [file, plot] of Object.entries(await performancePlots(results))) {
  writeFileSync(new URL(file, import.meta.url), plot);
}
