import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';

/** Who knows the keys. */
export interface Admission {
  /** @throws VeltrixError `unauthenticated` where the request has no valid key */
  authenticate(request: FastifyRequest): Promise<unknown>;
}

/** The token of the `Admission`. */
export const ADMISSION = Symbol('admission');

/**
 * Asks for the body of a request with `Expect: 100-continue` only once its address, its key and the length that it
 * declares are known to be good. Node would ask for it at once. Where it is not asked for, the connection is closed,
 * because nobody knows whether the client sends the body all the same.
 * @param admission is asked for at the first such request
 */
export function meetExpectations(server: FastifyInstance, bodyLimit: number, admission: () => Admission): void {
  const expecting = new WeakMap<IncomingMessage, 'waits' | 'asked'>();
  server.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    expecting.set(request, 'waits');
    server.server.emit('request', request, response);
  });
  server.addHook('preParsing', async (request, reply, payload) => {
    if (expecting.get(request.raw) !== 'waits') return payload;
    const { config } = request.routeOptions;
    if (Number(request.headers['content-length'] ?? 0) > (config.rawBodyLimit ?? bodyLimit))
      throw new VeltrixError('body-too-large', 'The body is larger than this route accepts.');
    // What takes the body as it came is signed, and has no key.
    if (config.rawBodyLimit === undefined && request.url.startsWith('/v1/')) await admission().authenticate(request);
    expecting.set(request.raw, 'asked');
    reply.raw.writeContinue();
    return payload;
  });
  server.addHook('onSend', (request, reply, _payload, done) => {
    if (expecting.get(request.raw) === 'waits') void reply.header('connection', 'close');
    done();
  });
}
