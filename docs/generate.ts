/** Makes the tables of the README and the reference anew: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOCUMENTS, withSections } from './reference.ts';

for (const document of DOCUMENTS) writeFileSync(document, withSections(readFileSync(document, 'utf8')));
