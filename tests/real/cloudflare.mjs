// Cloudflare's own parser and asset worker, in workerd.
// In: { folder, targets }. Out: { complaints: [text], answers: [{ target, status, headers: [[name, value]], sha256 }] }.

import '../tools/node18.mjs';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { json } from 'node:stream/consumers';

// A script that hangs would hang the tests.
setTimeout(() => {
  console.error('not done after five minutes');
  process.exit(3);
}, 300_000).unref();

const { Log, LogLevel, Miniflare } = await import('miniflare');

const { folder, targets } = await json(process.stdin);
const complaints = [];

class Listening extends Log {
  log() {}
  logWithLevel(level, message) {
    if (level <= LogLevel.WARN) complaints.push(message);
  }
}

const server = new Miniflare({
  name: 'landing',
  cf: false,
  host: '127.0.0.1',
  port: 0,
  log: new Listening(LogLevel.WARN),
  modules: true,
  script: 'export default { fetch: (request, env) => env.ASSETS.fetch(request) }',
  compatibilityDate: '2026-03-01',
  assets: {
    directory: folder,
    binding: 'ASSETS',
    workerName: 'landing',
    routerConfig: { has_user_worker: false },
    assetConfig: { html_handling: 'auto-trailing-slash', not_found_handling: '404-page' },
  },
});

// Raw targets: `fetch` would tidy them up.
function get(port, target) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: target, headers: { 'Accept-Encoding': 'identity' } }, (response) => {
      const body = createHash('sha256');
      response.on('data', (chunk) => body.update(chunk));
      response.on('end', () => {
        const raw = response.rawHeaders;
        const headers = raw.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), raw[at + 1]]]));
        resolve({ target, status: response.statusCode, headers, sha256: body.digest('hex') });
      });
    });
    request.on('error', reject);
    request.setTimeout(10_000, () => request.destroy(new Error(`${target}: no answer in 10 s`)));
  });
}

try {
  const { port } = await server.ready;
  const answers = [];
  for (const target of targets) answers.push(await get(port, target));
  process.stdout.write(JSON.stringify({ complaints, answers }));
} finally {
  await server.dispose();
}
