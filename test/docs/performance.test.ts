import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { performancePage, performancePlots, readResults } from '../../docs/performance.ts';

const results = readResults();
const page = readFileSync('docs/performance.md', 'utf8');

test('docs/performance.md is what the committed results say', () => {
  assert.equal(page, performancePage(results), 'run npm run docs and commit docs/');
});

test('so is every plot, and the page shows it', async () => {
  const plots = Object.entries(await performancePlots(results));
  for (const [file, plot] of plots) {
    assert.equal(readFileSync(`docs/${file}`, 'utf8'), plot, `run npm run docs and commit docs/${file}`);
    assert.ok(page.includes(`(${file})`), file);
  }
  assert.equal(page.match(/\]\([\w-]+\.svg\)/g)?.length, plots.length);
});

test('a mark of the template that nothing makes is refused', () => {
  assert.throws(() => performancePage(results, '{{nothing}}'), /nothing/);
});

test('a goal that is missed is said to be missed', () => {
  const { 'highest-rate': rate } = results;
  const lossy = { ...rate, results: { ...rate.results, lost: { ...rate.results.lost, ring_full: 3 } } };
  const row = (text: string) => text.split('\n').find((line) => line.includes('lost at the highest'));
  assert.match(row(performancePage({ ...results, 'highest-rate': lossy }, '{{goals}}')) ?? '', /\*\*no\*\*/);
});
