import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';

/**
 * For a handler that takes no body: what is said in one would be passed over. An object of nothing says nothing, and
 * many clients send it.
 */
export const NoBody = createParamDecorator((_data: undefined, context: ExecutionContext): undefined => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  if (body === undefined || isEmptyObject(body)) return undefined;
  throw new VeltrixError('validation-failed', 'The request takes no body.', [
    { pointer: '', code: 'unknown-property', detail: 'Nothing is known here.' },
  ]);
});

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}
