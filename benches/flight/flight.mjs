// What the first visit of a stranger costs: every page of our campaign, through a real line of 150 ms and 9 Mbit/s.
//
//   python3 benches/flight/link.py -- node benches/flight/flight.mjs [--runs 7] [--only WORD] [--landing FILE]
//
// Prints a row per page, medians of all runs, and ends with an error if a page does not keep what we promise: one response above the
// fold, 10,240 bytes of Brotli with the hero inside, 700 bytes of header fields, a largest paint within three round trips and
// 120 ms, no shift of the layout. The floor is three round trips: TCP, TLS 1.3, the answer.

import { parseArgs } from 'node:util';
import { publish } from './site.mjs';
import { visit } from './visit.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '7' }, only: { type: 'string', default: '' }, landing: { type: 'string', default: `${process.cwd()}/target/release/landing` } } });
const { LINK_THERE: there, LINK_RTT: rtt } = process.env;
if (!there) throw new Error('run it through benches/flight/link.py, which makes the line');
const LIMITS = { document: 10_240, headers: 700, lcp: 3 * Number(rtt) + 120 };

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const medianOf = (rows, key) => median(rows.map((row) => row[key]));

function broken(page, rows) {
  const [first] = rows;
  const wrong = [];
  if (first.protocol !== 'h2') wrong.push(`came by ${first.protocol}`);
  if (first.above.length > 0) wrong.push(`the first screen also needs ${first.above.join(', ')}`);
  if (page.home && first.inside === 0) wrong.push('no picture came with the document');
  for (const key of ['document', 'headers', 'lcp']) {
    if (medianOf(rows, key) > LIMITS[key]) wrong.push(`${key} ${Math.round(medianOf(rows, key))}, at most ${LIMITS[key]}`);
  }
  if (rows.some((row) => row.cls > 0)) wrong.push(`the layout moves by ${Math.max(...rows.map((row) => row.cls))}`);
  return wrong;
}

const columns = ['status', 'requests', 'document', 'headers', 'ttfb', 'fcp', 'lcp', 'cls'];
const show = (name, cells) => console.log(name.padEnd(44) + cells.map((it) => String(it).padStart(10)).join(''));

const { pages, stop } = await publish(values.landing);
const failures = [];
try {
  const asked = pages.filter((page) => page.name.includes(values.only));
  const rows = new Map(asked.map((page) => [page, []]));
  // Round by round, so that what the machine does besides meets all pages alike; the first round warms the disk and is not counted.
  for (let run = 0; run <= Number(values.runs); run += 1) {
    for (const page of asked) {
      const row = await visit(page.url, there);
      if (run > 0) rows.get(page).push(row);
    }
  }
  console.log(`${rtt} ms round trip, ${values.runs} loads each, medians; TLS 1.3, HTTP/2, a new browser per load; LCP at most ${LIMITS.lcp} ms`);
  show('page', [...columns, 'lcp range']);
  for (const [page, seen] of rows) {
    const range = [Math.min, Math.max].map((it) => Math.round(it(...seen.map((row) => row.lcp)))).join('-');
    show(page.name, [...columns.map((key) => (key === 'cls' ? medianOf(seen, key).toFixed(3) : Math.round(medianOf(seen, key)))), range]);
    failures.push(...broken(page, seen).map((it) => `${page.name}: ${it}`));
  }
} finally {
  await stop();
}
for (const failure of failures) console.error(`not kept: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
