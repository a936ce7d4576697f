// What axe-core finds on pages, every rule it has but the experimental ones.
// In:  { chromium, pages: [{ url, width, scheme }] }
// Out: [[finding]], one list per page, a finding being a sentence; what axe could not decide is among them.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { answer, limit, question } from '../browser/chromium.mjs';

limit(15);
const { chromium, pages } = await question();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function look(browser, { url, width, scheme }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'load' });
    // What is folded away is part of the page, too.
    await page.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
    await page.evaluate(axe);
    // Any pseudo-element with a background nearby makes axe give up on a text's contrast. Ours stand beside text, never behind it.
    await page.evaluate(() => { globalThis.axe._audit.checks['color-contrast'].options.ignorePseudo = true; });
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations', 'incomplete'] }));
    const say = (kind) => (rule) => rule.nodes.map((node) => `${kind}${rule.id} (${rule.impact}) ${node.target.join(' ')}: ${node.failureSummary.split('\n').slice(1).join(' ').trim()}`);
    return [...found.violations.flatMap(say('')), ...found.incomplete.flatMap(say('undecided: '))];
  } finally {
    await context.close();
  }
}

await answer(chromium, pages, look);
