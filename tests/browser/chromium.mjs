// How the scripts of the tests start Chromium, read their question and end.
//
// A script gets one JSON question on standard input and writes one JSON answer to standard output.

import '../tools/node18.mjs';
import { json } from 'node:stream/consumers';
import { chromium } from 'playwright-core';

/** Nothing of its own accord goes out, and names lead nowhere: early connections pass by the interception of requests. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export { chromium };

export const question = () => json(process.stdin);

/** Gives up after so many minutes: a script that hangs would hang the tests. */
export function limit(minutes) {
  setTimeout(() => {
    console.error(`not done after ${minutes} minutes`);
    process.exit(3);
  }, minutes * 60_000).unref();
}

/** Answers with what `each` makes of every item, one after the other; `flags` says which items want a browser of another kind. */
export async function answer(executablePath, items, each, flags = () => []) {
  const browsers = new Map();
  const all = [];
  try {
    for (const item of items) {
      const args = [...FLAGS, ...flags(item)];
      const kind = args.join(' ');
      if (!browsers.has(kind)) browsers.set(kind, await chromium.launch({ executablePath, args }));
      all.push(await each(browsers.get(kind), item));
    }
  } finally {
    for (const browser of browsers.values()) await browser.close();
  }
  process.stdout.write(JSON.stringify(all));
}
