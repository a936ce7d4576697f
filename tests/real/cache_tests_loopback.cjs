// Preloaded into the server of `http-cache-tests`, which would listen on all interfaces: a test listens to nobody else.
const net = require('node:net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, Number(port), '127.0.0.1', ...rest)
}
