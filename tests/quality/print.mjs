// Prints pages on A4 into files.
// In:  { chromium, pages: [{ url, pdf }] }
// Out: [[word]], what a reader of each page sees on a phone. A form is of no use on paper: it and what belongs to it may be missing.

import { answer, limit, question } from '../browser/chromium.mjs';

limit(5);
const { chromium, pages } = await question();

async function print(browser, { url, pdf }) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 640 } });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'load' });
    await page.pdf({ path: pdf, format: 'A4' });
    const words = await page.evaluate(() => {
      for (const it of document.querySelectorAll('form, section:has(form)')) it.remove();
      return document.querySelector('main').innerText.split(/\s+/).filter(Boolean);
    });
    return words;
  } finally {
    await context.close();
  }
}

await answer(chromium, pages, print);
