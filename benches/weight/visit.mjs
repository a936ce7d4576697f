// A phone's visit to pages on this machine: what it loads before and after scrolling, and its pictures as they are shown.
//
// In, as JSON on standard input: { sites: { name: folder }, originals, names, out }. Out: { name: { first, firstBytes, requests, bytes,
// pictures: [{ original, shown, width, bytes, inside }], offers } }; the pictures as PNG files in `out`, drawn by Chromium from what
// it loaded and from the originals, both at the size on the screen. Text is served with Brotli 11 to all alike.

import { createServer } from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { FLAGS, chromium, question } from '../../tests/browser/chromium.mjs';

/** Lighthouse's phone. */
const PHONE = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 2.625, isMobile: true, hasTouch: true };
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp', avif: 'image/avif', ico: 'image/x-icon', webmanifest: 'application/manifest+json' };

/** The body as it crosses the line, or nothing. */
function answer(folder, url) {
  const file = path.join(folder, url.endsWith('/') ? `${url}index.html` : url);
  if (!file.startsWith(folder) || !existsSync(file)) return undefined;
  const type = TYPES[path.extname(file).slice(1)] ?? 'application/octet-stream';
  const text = /text|svg|json/.test(type);
  const body = text ? brotliCompressSync(readFileSync(file)) : readFileSync(file);
  return { body, headers: { 'content-type': type, ...(text ? { 'content-encoding': 'br' } : {}) } };
}

function serve(folder, originals) {
  const log = [];
  const server = createServer((request, response) => {
    const url = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const original = url.startsWith('/original/');
    const found = original ? answer(originals, url.slice('/original'.length)) : answer(folder, url);
    if (!original) log.push({ url, bytes: found?.body.length ?? 0 });
    response.writeHead(found ? 200 : 404, found?.headers).end(found?.body);
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done({ server, log, origin: `http://127.0.0.1:${server.address().port}` })));
}

// In the page: the addresses that its first screen is made of, besides the document.
function firstScreen() {
  const visible = [...document.images].filter((it) => { const box = it.getBoundingClientRect(); return box.width > 0 && box.bottom > 0 && box.top < innerHeight; });
  const blocking = [...document.querySelectorAll('link[rel=stylesheet], script[src]')].map((it) => it.href ?? it.src);
  return [...visible.map((it) => it.currentSrc), ...blocking].filter((url) => !url.startsWith('data:'));
}

// In the page: a picture and its original as PNG, both at the pixels that it takes on the screen.
async function drawn({ at, original }) {
  const image = document.images[at];
  const [width, height] = [image.clientWidth, image.clientHeight].map((it) => Math.round(it * devicePixelRatio));
  const draw = (from) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(from, 0, 0, width, height);
    return canvas.toDataURL('image/png').split(',')[1];
  };
  const source = new Image();
  source.src = original;
  await source.decode();
  return { shown: draw(image), original: draw(source), url: image.currentSrc, width: image.naturalWidth };
}

// In the page: what each picture offers, group by group in the order in which a browser looks.
function offered() {
  const list = (srcset) => (srcset ?? '').split(',').map((it) => it.trim().split(/\s+/)).filter(([url]) => url && !url.startsWith('data:')).map(([url, width]) => ({ url, width: Number((width ?? '0').replace('w', '')) }));
  return [...document.images].map((image) => ({ groups: [...(image.closest('picture')?.querySelectorAll('source') ?? [])].map((it) => list(it.getAttribute('srcset'))).concat([list(image.getAttribute('srcset'))]) }));
}

async function visit(browser, name, folder, { originals, names, out }) {
  const { server, log, origin } = await serve(folder, originals);
  try {
    const page = await (await browser.newContext(PHONE)).newPage();
    await page.goto(`${origin}/`, { waitUntil: 'networkidle' });
    const needed = new Set((await page.evaluate(firstScreen)).map((url) => new URL(url).pathname));
    const first = log.filter(({ url }) => url === '/' || needed.has(url));
    for (let at = 0; at < names.length; at += 1) {
      await page.evaluate((at) => document.images[at].scrollIntoView(), at);
      await page.waitForFunction((at) => document.images[at].complete && document.images[at].naturalWidth > 0, at);
    }
    await page.waitForLoadState('networkidle');
    const loaded = [...log];
    const sizes = new Map(loaded.map(({ url, bytes }) => [url, bytes]));
    const pictures = [];
    for (const [at, file] of names.entries()) {
      const it = await page.evaluate(drawn, { at, original: `${origin}/original/${file}` });
      const stem = path.join(out, `${name.replace(/\W/g, '-')}-${at}`);
      writeFileSync(`${stem}.png`, Buffer.from(it.shown, 'base64'));
      writeFileSync(`${stem}-original.png`, Buffer.from(it.original, 'base64'));
      const inside = it.url.startsWith('data:');
      const bytes = inside ? Math.floor((it.url.split(',')[1].replace(/=+$/, '').length * 3) / 4) : sizes.get(new URL(it.url).pathname);
      pictures.push({ shown: `${stem}.png`, original: `${stem}-original.png`, url: it.url, width: it.width, bytes, inside });
    }
    const weigh = (url) => answer(folder, new URL(url, origin).pathname)?.body.length ?? 0;
    const offers = (await page.evaluate(offered)).map(({ groups }) => ({ groups: groups.map((group) => group.map((it) => ({ ...it, bytes: weigh(it.url) }))) }));
    // The browser tells widths in the pixels of the page: those of the file stand in its `srcset`.
    const all = new Map(offers.flatMap(({ groups }) => groups.flat()).map(({ url, width }) => [new URL(url, origin).href, width]));
    for (const it of pictures) it.width = all.get(it.url) ?? it.width;
    const sum = (rows) => rows.reduce((total, { bytes }) => total + bytes, 0);
    return { first: first.length, firstBytes: sum(first), requests: loaded.length, bytes: sum(loaded), pictures, offers };
  } finally {
    server.close();
    server.closeAllConnections?.();
  }
}

const asked = await question();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
try {
  const pages = {};
  for (const [name, folder] of Object.entries(asked.sites)) pages[name] = await visit(browser, name, folder, asked);
  console.log(JSON.stringify(pages));
} finally {
  await browser.close();
}
