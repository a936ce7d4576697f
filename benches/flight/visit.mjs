// One load of a page on a phone, in a browser that was never anywhere: what came over the line, and when something was seen.
// In: an address. Out: { status, requests, above, inside, document, headers, ttfb, fcp, lcp, cls } (bytes, milliseconds).

import { FLAGS, chromium } from '../../tests/browser/chromium.mjs';

/** Lighthouse's phone. */
const PHONE = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 2.625, isMobile: true, hasTouch: true };

// In the page, before anything else.
function watch() {
  const seen = { fcp: 0, lcp: 0, cls: 0 };
  globalThis.seen = seen;
  const observe = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe('largest-contentful-paint', (it) => { seen.lcp = it.startTime; });
  observe('layout-shift', (it) => { seen.cls += it.hadRecentInput ? 0 : it.value; });
  observe('paint', (it) => { if (it.name === 'first-contentful-paint') seen.fcp = it.startTime; });
}

// In the page, at the end: `above` is what the first screen needed besides the document, `inside` the pictures that came with it.
function tell() {
  const [navigation] = performance.getEntriesByType('navigation');
  const visible = [...document.images].filter((it) => {
    const { top, bottom, width } = it.getBoundingClientRect();
    return width > 0 && bottom > 0 && top < innerHeight;
  });
  const from = (it) => it.currentSrc || it.src;
  const outside = visible.map(from).filter((url) => !url.startsWith('data:'));
  const blocking = performance.getEntriesByType('resource').filter((it) => it.renderBlockingStatus === 'blocking' || it.initiatorType === 'css').map((it) => it.name);
  return {
    ...globalThis.seen,
    ttfb: navigation.responseStart,
    document: navigation.encodedBodySize,
    protocol: navigation.nextHopProtocol,
    above: [...new Set([...outside, ...blocking])],
    inside: visible.filter((it) => from(it).startsWith('data:') && it.naturalWidth > 1).length,
  };
}

export async function visit(url, address) {
  // The last rule wins: every name leads to the far end of the line. The certificate, which signs itself, is not complained about:
  // a complaint that is waved through (`ignoreHTTPSErrors`) costs a second connection.
  const args = [...FLAGS, `--host-resolver-rules=MAP * ${address}`, '--ignore-certificate-errors'];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
  try {
    const context = await browser.newContext(PHONE);
    const page = await context.newPage();
    const tools = await context.newCDPSession(page);
    const seen = { requests: 0, status: 0, headers: 0 };
    tools.on('Network.requestWillBeSent', ({ request }) => { if (!request.url.startsWith('data:')) seen.requests += 1; });
    tools.on('Network.responseReceived', ({ response, type }) => {
      if (type === 'Document') Object.assign(seen, { status: response.status, headers: response.encodedDataLength });
    });
    await tools.send('Network.enable');
    await page.addInitScript(watch);
    await page.goto(url, { waitUntil: 'load' });
    await page.waitForTimeout(1_000);
    return { ...seen, ...(await page.evaluate(tell)) };
  } finally {
    await browser.close();
  }
}
