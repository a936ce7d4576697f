// Walks through pages with the Tab key: what can be reached, in which order, and whether one sees where one is.
// In:  { chromium, pages: [{ url, width, scheme, forced }] }
// Out: [[complaint]], one list per page.
//
// "Seen" is meant literally: the surroundings of an element look different when it has the focus.

import { answer, limit, question } from '../browser/chromium.mjs';

limit(15);
const { chromium, pages } = await question();

// In the page: everything that a person can act on, in the order of the document.
function actionable() {
  const wanted = 'a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex], [contenteditable]';
  const shown = (it) => it.checkVisibility({ visibilityProperty: true }) && !it.disabled && it.getAttribute('tabindex') !== '-1';
  globalThis.theirs = [...document.querySelectorAll(wanted)].filter(shown);
  const say = (it) => `${it.localName}${it.id ? `#${it.id}` : ''} «${(it.innerText || it.name || it.ariaLabel || '').trim().slice(0, 40)}»`;
  globalThis.place = () => globalThis.theirs.indexOf(document.activeElement);
  return globalThis.theirs.map(say);
}

function surroundings() {
  const { left, top, right, bottom } = document.activeElement.getBoundingClientRect();
  const [x, y] = [Math.max(0, left - 8), Math.max(0, top - 8)];
  const clip = { x, y, width: Math.min(innerWidth, right + 8) - x, height: Math.min(innerHeight, bottom + 8) - y };
  return clip.width > 0 && clip.height > 0 ? clip : null;
}

async function isSeen(page) {
  const clip = await page.evaluate(surroundings);
  if (!clip) return false;
  const shot = () => page.screenshot({ clip, animations: 'disabled', caret: 'hide' });
  const focused = await shot();
  await page.evaluate(() => document.activeElement.blur());
  return !focused.equals(await shot());
}

async function walk(browser, { url, width, scheme, forced }) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, forcedColors: forced ? 'active' : 'none', reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'load' });
    const names = await page.evaluate(actionable);
    const complaints = [];
    const reached = [];
    for (let stops = 0; stops <= names.length; stops += 1) {
      await page.keyboard.press('Tab');
      const place = await page.evaluate(() => globalThis.place());
      if (place < 0 || reached.includes(place)) break;
      if (place < Math.max(-1, ...reached)) complaints.push(`out of order: ${names[place]}`);
      reached.push(place);
      if (!(await isSeen(page))) complaints.push(`the focus is not seen: ${names[place]}`);
    }
    const missed = names.filter((_, at) => !reached.includes(at)).map((name) => `not reached: ${name}`);
    return [...complaints, ...missed];
  } finally {
    await context.close();
  }
}

await answer(chromium, pages, walk);
