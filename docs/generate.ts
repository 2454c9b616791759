/** Makes the README's tables, docs/performance.md and its plots anew: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { performancePage, performancePlots, readResults } from './performance.ts';
import { withSections } from './reference.ts';

const readme = new URL('../README.md', import.meta.url);
writeFileSync(readme, withSections(readFileSync(readme, 'utf8')));

const results = readResults();
writeFileSync(new URL('performance.md', import.meta.url), performancePage(results));
for (const [file, plot] of Object.entries(await performancePlots(results))) {
  writeFileSync(new URL(file, import.meta.url), plot);
}
