/** Makes the README's tables anew: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withSections } from './reference.ts';

const readme = new URL('../README.md', import.meta.url);
writeFileSync(readme, withSections(readFileSync(readme, 'utf8')));
