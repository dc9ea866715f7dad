import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The most bytes that the body may have. Where it is set, the body is not parsed. */
    rawBodyLimit?: number;
  }
}

/**
 * Gives the handler the body as it came, because a signature covers its bytes. The content type must be
 * `application/json` all the same.
 * @param limit the most bytes that the body may have
 */
export function TakesRawBody(limit: number): MethodDecorator {
  return RouteConfig({ rawBodyLimit: limit });
}

/**
 * The bytes of the body, for a handler with `TakesRawBody`. It is empty where the request has no body.
 * @throws Error in a handler without `TakesRawBody`, whose body is parsed
 */
export const RawBody = createParamDecorator((_data: undefined, context: ExecutionContext): Buffer => {
  const { body, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
  if (routeOptions.config.rawBodyLimit === undefined)
    throw new Error(`The handler of ${routeOptions.url} has RawBody without TakesRawBody, so its body is parsed.`);
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
});

/**
 * Gives routes with `TakesRawBody` their limit. It is to be called before the first route is made. Nest passes nothing
 * but the config of a route on to Fastify, so its `bodyLimit` is set by a hook.
 */
export function limitRawBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const limit = route.config?.rawBodyLimit;
    if (limit !== undefined) route.bodyLimit = limit;
  });
}
