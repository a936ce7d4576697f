// Our campaign as it is published: built in every theme and mode, served far away by nginx over TLS 1.3 and HTTP/2.
// In: the release build of `landing`, nginx, openssl, the link's environment. Out: pages with addresses, and a server to stop.

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORK = path.join(ROOT, 'benches/.work/flight');
const MODES = ['normal', 'degraded', 'closed'];
const FIRST_PORT = 8443;
export const HOST = 'www.soutasse.example';

const run = (command, args, options = {}) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

/** Builds one theme in one mode: { name, out, files }. */
function build(landing, theme, mode) {
  const project = path.join(WORK, `${theme}-${mode}`);
  rmSync(project, { recursive: true, force: true });
  mkdirSync(path.join(project, '.landing'), { recursive: true });
  mkdirSync(path.join(WORK, 'cache'), { recursive: true });
  for (const folder of ['site', 'themes', 'assets']) cpSync(path.join(ROOT, folder), path.join(project, folder), { recursive: true });
  // Pictures are encoded once for all builds.
  symlinkSync(path.join(WORK, 'cache'), path.join(project, '.landing/cache'));
  const file = path.join(project, 'site/landing.toml');
  const settings = readFileSync(file, 'utf8').replace(/^theme .*\n/m, '').replace('[site]\n', `[site]\ntheme = "${theme}"\n`);
  writeFileSync(file, settings);
  const said = run(landing, ['build', '--json', '--mode', mode], { cwd: project }).trim().split('\n');
  const { out, files } = JSON.parse(said.at(-1));
  return { name: `${theme} ${mode}`, mode, out: path.join(project, out), files };
}

/** The pages of a build that no earlier one had in the same bytes: { name, path, home }. */
function pages({ name, mode, out, files }, seen) {
  const html = files.filter((it) => it.path.endsWith('.html') && it.class === 'document');
  const all = html.map((it) => ({ key: it.path, path: `/${it.path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}` }));
  if (mode === 'normal') {
    const errors = files.filter((it) => it.path.endsWith('.html') && it.class === 'error');
    for (const { path: key } of errors) all.push({ key, path: key.endsWith('404.html') ? `/${key.replace('404.html', 'nowhere')}` : '/failing' });
  }
  const fresh = all.filter(({ key }) => {
    const text = readFileSync(path.join(out, key), 'utf8');
    return !seen.has(text) && seen.add(text);
  });
  return fresh.map((page) => ({ ...page, name: `${name} ${page.key}`, home: mode !== 'closed' && /(^|\/)index\.html$/.test(page.key) }));
}

/** As a careful engineer would set nginx up: its defaults, the certificate, and the include that the build wrote. */
function configuration(builds) {
  const certificate = ['-subj', `/CN=${HOST}`, '-keyout', `${WORK}/key.pem`, '-out', `${WORK}/certificate.pem`];
  run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...certificate]);
  const server = ({ out }, at) => `server { listen ${process.env.LINK_THERE}:${FIRST_PORT + at} ssl http2; server_name ${HOST}; root ${out};
    ssl_certificate ${WORK}/certificate.pem; ssl_certificate_key ${WORK}/key.pem; ssl_protocols TLSv1.3;
    location = /failing { return 503; }
    include ${out}/nginx/landing.conf; }`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((it) => `${it}_temp_path ${WORK}/${it};`).join(' ');
  return `load_module /usr/lib/nginx/modules/ngx_http_brotli_static_module.so;
    daemon off; master_process off; pid ${WORK}/pid; error_log ${WORK}/error.log; events { }
    http { access_log off; include /etc/nginx/mime.types; ${temporary}\n${builds.map(server).join('\n')}\n}`;
}

/** Builds and serves everything: [{ name, url, home }], and what ends the server. */
export async function publish(landing) {
  mkdirSync(WORK, { recursive: true });
  const themes = readdirSync(path.join(ROOT, 'themes')).sort();
  const builds = themes.flatMap((theme) => MODES.map((mode) => build(landing, theme, mode)));
  const seen = new Set();
  const all = builds.flatMap((one, at) => pages(one, seen).map((page) => ({ ...page, url: `https://${HOST}:${FIRST_PORT + at}${page.path}` })));
  writeFileSync(path.join(WORK, 'nginx.conf'), configuration(builds));
  const nginx = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
  const args = ['netns', 'exec', process.env.LINK_NAMESPACE, nginx, '-c', path.join(WORK, 'nginx.conf'), '-e', path.join(WORK, 'error.log')];
  const server = spawn('ip', args, { stdio: 'inherit' });
  await sleep(1_000);
  if (server.exitCode !== null) throw new Error(`nginx ended at once, see ${WORK}/error.log`);
  return { pages: all, stop: () => new Promise((done) => server.once('exit', done) && server.kill()) };
}
