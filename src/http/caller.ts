import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Scope } from './scopes.js';

/** Who sent a request with a title's key. */
export interface TitleCaller {
  kind: 'title';
  title: string;
  keyId: string;
  scopes: ReadonlySet<Scope>;
}

/** Who sent a request, as the key guard has found it. */
export type Caller = TitleCaller | { kind: 'admin' };

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the key guard; null for handlers that anybody may call. */
    caller: Caller | null;
  }
}

/** Whose key the request has, for a handler with a scope that asks for more than its scope. */
export const Caller = createParamDecorator((_data: undefined, context: ExecutionContext): TitleCaller => {
  const caller = context.switchToHttp().getRequest<FastifyRequest>().caller;
  if (caller?.kind !== 'title') throw new Error('Only a handler that requires a scope has a title.');
  return caller;
});

/** The title of the request's key, for a handler with a scope. */
export const TitleId = createParamDecorator((_data: undefined, context: ExecutionContext): string => {
  const caller = context.switchToHttp().getRequest<FastifyRequest>().caller;
  if (caller?.kind !== 'title') throw new Error('Only a handler that requires a scope has a title.');
  return caller.title;
});

/** The title of the request's key, or null for the admin key, which means all titles. */
export const TitleOrAll = createParamDecorator((_data: undefined, context: ExecutionContext): string | null => {
  const caller = context.switchToHttp().getRequest<FastifyRequest>().caller;
  if (caller === null) throw new Error('Only a handler that requires a scope has a title.');
  return caller.kind === 'title' ? caller.title : null;
});
