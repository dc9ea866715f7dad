import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Where it is set, the body may have so many bytes, and is not parsed. */
    rawBodyLimit?: number;
  }
}

/** The handler is given the body as it came, because a signature covers its bytes. */
export function TakesRawBody(limit: number): MethodDecorator {
  return RouteConfig({ rawBodyLimit: limit });
}

/** The bytes of the body, for a handler that takes them raw. A request without a body has none. */
export const RawBody = createParamDecorator((_data: undefined, context: ExecutionContext): Buffer => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
});

/** Gives such routes their limit, to be called before the first route is made. */
export function limitRawBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const limit = route.config?.rawBodyLimit;
    if (limit !== undefined) route.bodyLimit = limit;
  });
}
