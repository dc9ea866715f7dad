import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Draining } from '../process/draining.js';

const graceMs = 200;
const idleCheckMs = 100;
const drainMs = 10_000;

/**
 * Lets the server end without dropping a request. From the moment that the process begins to end every answer closes
 * its connection. Clients that are just busy get a moment to be told so, because closing what looks idle would meet
 * their next request on its way. Then the server stops listening, and connections that nothing is asked of are closed,
 * again and again, until none is left: Node alone would wait for them for as long as their other side keeps them.
 */
export function drainConnections(server: FastifyInstance, draining: Draining): void {
  const http = server.server;
  const sockets = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  http.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining.begun) void reply.header('connection', 'close');
    done();
  });
  server.addHook('preClose', (done) => {
    if (!http.listening) return done();
    setTimeout(done, graceMs);
    const idle = setInterval(() => closeIdle(), idleCheckMs);
    const all = setTimeout(() => http.closeAllConnections(), drainMs);
    http.once('close', () => {
      clearInterval(idle);
      clearTimeout(all);
    });
  });

  function closeIdle(): void {
    if (http.listening) return;
    http.closeIdleConnections();
    // Node counts a connection as idle only once it has had a request. One that has had none may have its first under
    // way, so it is closed when it was silent the last time too.
    for (const socket of sockets) {
      if (socket.bytesRead > 0) continue;
      if (silent.has(socket)) socket.destroy();
      silent.add(socket);
    }
  }
}
