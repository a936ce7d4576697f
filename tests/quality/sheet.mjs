// A contact sheet: every picture of a folder on one page, those of one page beside each other.
//
//   node tests/quality/sheet.mjs DIR     writes DIR/index.html

import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
const pages = new Map();
for (const file of readdirSync(folder).filter((it) => it.endsWith('.png')).sort()) {
  const [page, way] = file.slice(0, -4).split('~');
  pages.set(page, [...(pages.get(page) ?? []), { file, way: way ?? '' }]);
}
const figure = ({ file, way }) => `<figure><figcaption>${way}</figcaption><a href="${encodeURI(file)}"><img loading="lazy" src="${encodeURI(file)}" alt=""></a></figure>`;
const rows = [...pages].map(([page, all]) => `<h2>${page}</h2><div>${all.map(figure).join('')}</div>`);
const style = 'body{font:1rem/1.4 system-ui;margin:2rem;background:#ddd}div{display:flex;gap:1rem;overflow-x:auto;align-items:start}figure{margin:0;flex:none}img{height:32rem;max-width:40rem;object-fit:contain;object-position:top left}';
writeFileSync(path.join(folder, 'index.html'), `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shots</title><style>${style}</style>${rows.join('\n')}`);
console.log(`${path.join(folder, 'index.html')}: ${pages.size} pages`);
