import { METHODS } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { VeltrixError } from '../errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The methods that the path has, on the routes that refuse all others. */
    allow?: string;
  }
}

/** All methods that can reach a route. CONNECT asks for a tunnel, and Node passes it to no handler. */
const routable = METHODS.filter((method) => method !== 'CONNECT');

/**
 * Collects the methods of every path, to be called before the first route is made.
 * @returns a function that, once all routes are made, gives each path a 405 for every method that it does not have
 */
export function refuseOtherMethods(server: FastifyInstance): () => void {
  const methodsOf = new Map<string, Set<string>>();
  let refusing = false;
  server.addHook('onRoute', ({ url, method }) => {
    if (refusing) return;
    const methods = methodsOf.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsOf.set(url, methods);
  });
  return () => {
    refusing = true;
    for (const method of routable) if (!server.supportedMethods.includes(method)) server.addHttpMethod(method);
    for (const [url, methods] of methodsOf) {
      const allow = [...methods].sort().join(', ');
      const others = routable.filter((method) => !methods.has(method));
      // The hook of refuseUnroutable answers before the handler, and before the body is read.
      server.route({ url, method: others, config: { allow }, exposeHeadRoute: false, handler: () => undefined });
    }
  };
}

/**
 * Answers an unknown address with 404, and a method that a path does not have with 405, before the body is read.
 * @throws VeltrixError `not-found` or `method-not-allowed`
 */
export function refuseUnroutable(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (request.is404) return done(new VeltrixError('not-found', 'There is no such address.'));
    const { allow } = request.routeOptions.config;
    if (allow === undefined) return done();
    void reply.header('allow', allow);
    done(new VeltrixError('method-not-allowed', `This address has ${allow} only.`));
  });
}
