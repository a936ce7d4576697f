// Looks at two folders in a real Chromium, page by page, and tells whether a visitor can see a difference.
// In:  { chromium, pairs: [{ name, before, after, pages }], pictures }
// Out: [{ name, page, same, failed, console, stuck }], one for each page; `failed` and `console` are those of the second folder.
//
// Each folder is served by a plain file server of its own; nothing else can be reached. A page is looked at when its script has set
// `data-ready`, and once more after a reload, when a service worker may have taken over.

import '../tools/node18.mjs';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { json } from 'node:stream/consumers';
import { chromium } from 'playwright-core';

// A script that hangs would hang the tests.
setTimeout(() => {
  console.error('not done after five minutes');
  process.exit(3);
}, 300_000).unref();

const TYPES = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  json: 'application/json',
  map: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
};

function serve(root) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const file = path.endsWith('/') ? `${path}index.html` : path;
    try {
      const body = await readFile(join(root, file));
      const type = TYPES[file.split('.').pop().toLowerCase()] ?? 'application/octet-stream';
      // An old page says its encoding itself.
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    } catch {
      // Browsers ask for it by themselves.
      if (path === '/favicon.ico') return response.writeHead(204).end();
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const { chromium: executablePath, pairs, pictures } = await json(process.stdin);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
});

async function look(root, pages) {
  const server = await serve(root);
  const base = `http://127.0.0.1:${server.address().port}`;
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  const seen = {};
  for (const path of pages) {
    const page = await context.newPage();
    const failed = new Set();
    const lines = [];
    page.on('response', (response) => response.status() >= 400 && failed.add(response.url().replace(base, '')));
    page.on('requestfailed', (request) => failed.add(request.url().replace(base, '')));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && lines.push(message.text()));
    page.on('pageerror', (error) => lines.push(String(error)));
    const shots = [];
    let stuck = false;
    for (const go of [() => page.goto(base + path), () => page.reload()]) {
      await go();
      await page.waitForSelector('body[data-ready]', { timeout: 15_000, state: 'attached' }).catch(() => (stuck = true));
      await page.waitForLoadState('networkidle');
      await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => {}))));
      shots.push(await page.screenshot({ fullPage: true, animations: 'disabled' }));
    }
    seen[path] = { shots, failed: [...failed], console: lines, stuck };
    await page.close();
  }
  await context.close();
  server.closeAllConnections();
  server.close();
  return seen;
}

const told = [];
for (const { name, before, after, pages } of pairs) {
  const [old, fresh] = [await look(before, pages), await look(after, pages)];
  for (const page of pages) {
    const { shots, failed, console, stuck } = fresh[page];
    const same = shots.every((shot, at) => shot.equals(old[page].shots[at]));
    told.push({ name, page, same, failed, console, stuck: stuck || old[page].stuck });
    if (pictures) {
      const file = `${name}${page}`.replaceAll(/[^a-z0-9]+/gi, '-');
      writeFileSync(join(pictures, `${file}before.png`), old[page].shots[1]);
      writeFileSync(join(pictures, `${file}after.png`), shots[1]);
    }
  }
}
await browser.close();
process.stdout.write(JSON.stringify(told));
