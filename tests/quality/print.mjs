// Prints pages on A4 into files.
// In:  { chromium, pages: [{ url, pdf }] }
// Out: [[word]], what a reader of each page sees on the screen.

import { answer, limit, question } from '../browser/chromium.mjs';

limit(5);
const { chromium, pages } = await question();

async function print(browser, { url, pdf }) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'load' });
    const words = await page.evaluate(() => document.querySelector('main').innerText.split(/\s+/).filter(Boolean));
    await page.pdf({ path: pdf, format: 'A4' });
    return words;
  } finally {
    await context.close();
  }
}

await answer(chromium, pages, print);
