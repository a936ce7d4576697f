// What MDN's HTTP Observatory says of a host that listens on ports of its own.
// In:  { host, http, https }   (ports of 127.0.0.1; the certificate's authority comes by NODE_EXTRA_CA_CERTS)
// Out: { grade, score, failed: [sentence] }
//
// The Observatory asks ports 80 and 443 of a name. Both are led to the server's: nothing leaves the machine. Its list of preloaded
// hosts, which it would fetch when it is installed, is empty here.

import '../tools/node18.mjs';
import fs from 'node:fs';
import net from 'node:net';
import { limit, question } from '../browser/chromium.mjs';

limit(2);
const { host, http, https } = await question();

const read = fs.readFileSync;
fs.readFileSync = (path, ...how) => (String(path).endsWith('hsts-preload.json') ? '{}' : read(path, ...how));

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function led(...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  if (options?.host === host) {
    const port = { 80: http, 443: https }[Number(options.port)];
    Object.assign(options, { host: '127.0.0.1', port, lookup: undefined });
  }
  return connect.apply(this, args);
};

const { scan } = await import('@mdn/mdn-http-observatory');
const { scan: found, tests } = await scan(host);
const failed = Object.entries(tests).filter(([, it]) => !it.pass).map(([name, it]) => `${name}: ${it.result}: ${it.scoreDescription}`);
process.stdout.write(JSON.stringify({ grade: found.grade, score: found.score, asked: found.testsQuantity, failed }));
