// Netlify's own parsers and matcher, as its command line uses them.
// In: { folder, targets }. Out: { complaints: [text], answers: [{ target, headers: { name: value }, redirect: [status, to, force] | null }] }.

import { json } from 'node:stream/consumers';
import { parseAllHeaders } from '@netlify/headers-parser';
import { parseAllRedirects } from '@netlify/redirect-parser';
import redirector from 'netlify-redirector';

// A script that hangs would hang the tests.
setTimeout(() => {
  console.error('not done after five minutes');
  process.exit(3);
}, 300_000).unref();

const { folder, targets } = await json(process.stdin);
const rules = await parseAllHeaders({ headersFiles: [`${folder}/_headers`], configHeaders: [], minimal: false });
const parsed = await parseAllRedirects({ redirectsFiles: [`${folder}/_redirects`], configRedirects: [], minimal: false });
const forMatcher = parsed.redirects.map((rule) => ({ ...rule, path: rule.from, params: rule.query }));
const matcher = await redirector.parseJSON(JSON.stringify(forMatcher), {});

const answers = targets.map((target) => {
  const matching = rules.headers.filter((rule) => rule.forRegExp.test(target));
  const lower = matching.map((rule) => Object.fromEntries(Object.entries(rule.values).map(([name, value]) => [name.toLowerCase(), value])));
  const found = matcher.match({
    scheme: 'https',
    host: 'www.example.com',
    path: target,
    query: '',
    headers: {},
    cookieValues: {},
    getHeader: () => '',
    getCookie: () => '',
  });
  return { target, headers: Object.assign({}, ...lower), redirect: found ? [found.status, found.to, found.force] : null };
});
const complaints = [...rules.errors, ...parsed.errors].map((error) => error.message);
process.stdout.write(JSON.stringify({ complaints, answers }));
