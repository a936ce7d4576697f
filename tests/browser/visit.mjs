// Loads pages in a real Chromium, with everything but one host cut off, and tells what happened.
// In:  { chromium, visits: [{ url, host, width, height, scheme, script, images, text, forced, screenshot }] }
// Out: [{ status, title, heading, text, requests, failed, console, violations, hints, images, width, tooWide, letters, cut }]
//
// `host` is the only one that may be asked (`127.0.0.1:8788`; none for a file). `script: true` turns JavaScript on, `images: false`
// pictures off, `text` is the size of letters that the reader chose, in percent, `forced: true` a system theme of high contrast.

import { answer, limit, question } from './chromium.mjs';

limit(15);
const { chromium, visits } = await question();

// What the page looks like once everything that comes by scrolling has come. Runs in the page, in a world of its own.
function look(width) {
  const name = (element) => [element.localName, ...element.classList].join('.') + (element.id ? `#${element.id}` : '');
  // Text that a box hides because it has no room for it. A box of a pixel hides text from the eye on purpose.
  const cuts = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
    const { clientWidth, clientHeight, scrollWidth, scrollHeight, innerText } = element;
    const more = (hides(overflowX) && scrollWidth > clientWidth + 1) || (hides(overflowY) && scrollHeight > clientHeight + 1);
    return more && clientWidth > 1 && clientHeight > 1 && innerText?.trim();
  };
  const images = [...document.images].map((image) => {
    const { width, height } = image.getBoundingClientRect();
    return { src: (image.currentSrc || image.src).slice(0, 200), decoded: image.complete && image.naturalWidth > 0, width, height, alt: image.getAttribute('alt') };
  });
  const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width + 1);
  return {
    title: document.title,
    heading: document.querySelector('h1')?.innerText ?? null,
    text: document.body.innerText,
    hints: [...document.querySelectorAll('link[rel~=preconnect], link[rel~=dns-prefetch], link[rel~=prefetch]')].map((link) => link.href),
    images,
    width: document.documentElement.scrollWidth,
    letters: parseFloat(getComputedStyle(document.querySelector('p') ?? document.body).fontSize),
    cut: [...document.body.querySelectorAll('*')].filter(cuts).map(name).slice(0, 20),
    tooWide: document.documentElement.scrollWidth > width ? wide.map(name).slice(0, 20) : [],
  };
}

async function scrollThrough(page, height) {
  const total = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < total; y += height) {
    await page.evaluate((y) => scrollTo(0, y), y);
    await page.waitForTimeout(30);
  }
  await page.evaluate(() => scrollTo(0, 0));
  for (let tries = 0; tries < 100; tries += 1) {
    if (await page.evaluate(() => [...document.images].every((image) => image.complete))) return;
    await page.waitForTimeout(50);
  }
}

async function visit(browser, { url, host, width = 1280, height = 900, scheme = 'light', script = false, images = true, text = 100, forced = false, screenshot }) {
  const context = await browser.newContext({
    javaScriptEnabled: script,
    viewport: { width, height },
    isMobile: width < 600,
    hasTouch: width < 600,
    deviceScaleFactor: width < 600 ? 2 : 1,
    colorScheme: scheme,
    forcedColors: forced ? 'active' : 'none',
  });
  const seen = { status: null, requests: [], failed: [], console: [], violations: [] };
  try {
    const page = await context.newPage();
    const tools = await context.newCDPSession(page);
    tools.on('Network.requestWillBeSent', ({ request }) => request.url.startsWith('data:') || seen.requests.push(request.url));
    tools.on('Network.responseReceived', ({ response }) => response.status >= 400 && seen.failed.push(`${response.status} ${response.url}`));
    // Who switched pictures off is told that a preloaded one is not shown, which is no fault of the page.
    const known = (text) => !images && /preload.*not used/.test(text);
    tools.on('Log.entryAdded', ({ entry }) => entry.level === 'verbose' || known(entry.text) || seen.console.push(`${entry.level}: ${entry.text} ${entry.url ?? ''}`));
    tools.on('Runtime.exceptionThrown', ({ exceptionDetails: it }) => seen.console.push(`error: ${it.exception?.description ?? it.text}`));
    tools.on('Runtime.consoleAPICalled', ({ type, args }) => seen.console.push(`${type}: ${args.map((it) => it.value ?? it.description).join(' ')}`));
    tools.on('Audits.issueAdded', ({ issue }) => {
      const csp = issue.details.contentSecurityPolicyIssueDetails;
      if (csp) seen.violations.push(`${csp.violatedDirective} ${csp.blockedURL ?? csp.contentSecurityPolicyViolationType}`);
    });
    for (const domain of ['Network', 'Log', 'Runtime', 'Audits']) await tools.send(`${domain}.enable`);
    await tools.send('Page.setFontSizes', { fontSizes: { standard: (16 * text) / 100, fixed: (13 * text) / 100 } });
    await context.route('**/*', (route) => {
      const asked = new URL(route.request().url());
      const ours = asked.protocol === 'file:' ? asked.href === new URL(url).href : asked.host === host;
      return ours ? route.continue() : route.abort('blockedbyclient');
    });
    const response = await page.goto(url, { waitUntil: 'load', timeout: 30_000 });
    seen.status = response?.status() ?? null;
    await scrollThrough(page, height);
    Object.assign(seen, await page.evaluate(look, width));
    if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
    return seen;
  } finally {
    await context.close();
  }
}

const flags = (one) => (one.images === false ? ['--blink-settings=imagesEnabled=false'] : []);
await answer(chromium, visits, visit, flags);
