import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { performancePage, performancePlots, readResults } from '../../docs/performance.ts';
import { nginxFloors } from '../../docs/performance-nginx.ts';

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

test('a goal that is missed names its floor: of what is lost, the part that no program of ours takes', () => {
  const added = (name: string, micros: number) => ({ name, servedAddedMicros: { median: micros } });
  const load = (name: string, ratio: number, watcher: number, sink: number) => ({
    name,
    requestsRatio: { median: ratio },
    watcherMicros: { median: watcher },
    sinkMicros: { median: sink },
  });
  const { nginx, 'user-space': userSpace } = results;
  const [none, forgetting, collector] = userSpace.results;
  const made = {
    ...results,
    nginx: { ...nginx, results: { loads: [load('events', 0.9, 4, 1), load('summary', 0.96, 1, 0)] } },
    'nginx-parts': {
      results: { parts: [added('empty programs', 1), added('counted', 3), added('recorded', 5)] },
    },
    'user-space': {
      ...userSpace,
      results: [none, { ...forgetting, floorMicros: { median: 0.5 } }, collector],
    },
  } as unknown as typeof results;
  const floors = nginxFloors(made);
  // 1 of 3 + 1 are the programs' being called, of 4 %; and 1 + 0.5 + 1 of 5 + 4 + 1, of 10 %.
  assert.equal(floors.summary.left?.toFixed(2), '99.00');
  assert.equal(floors.events.left?.toFixed(2), '97.50');
  assert.equal(floors.eventsElsewhere.left?.toFixed(2), '98.50');
  const row = performancePage(made, '{{goals}}').match(/^.*with summaries.*$/m)?.[0] ?? '';
  assert.match(row, /\*\*no\*\* \| 99\.0 %: \[What a request loses\]\(#what-a-request-loses\) \|$/);
});

test('what the floors lead to is a heading of the page', () => {
  const [head = ''] = page.split('\n## ');
  for (const [, section] of head.matchAll(/\]\(#([\w-]+)\)/g)) {
    const headings = [...page.matchAll(/^##+ (.*)$/gm)].map(([, text]) => text?.toLowerCase().replaceAll(' ', '-'));
    assert.ok(headings.includes(section), section);
  }
});
