// What html-validate says of pages, by its recommended rules and those of tests/quality/html-validate.json.
// In:  { urls: [url] }
// Out: [[complaint]], one list per page.

import '../tools/node18.mjs';
import { readFile } from 'node:fs/promises';
import { FileSystemConfigLoader, HtmlValidate } from 'html-validate/node';
import { limit, question } from '../browser/chromium.mjs';

limit(5);
const { urls } = await question();
const rules = JSON.parse(await readFile(new URL('html-validate.json', import.meta.url), 'utf8'));
delete rules.why;
const validator = new HtmlValidate(new FileSystemConfigLoader({ root: true, ...rules }));

const all = [];
for (const url of urls) {
  const { results } = await validator.validateString(await (await fetch(url)).text(), url);
  all.push(results.flatMap((it) => it.messages.map((one) => `${one.line}:${one.column} ${one.ruleId}: ${one.message} (${one.selector})`)));
}
process.stdout.write(JSON.stringify(all));
