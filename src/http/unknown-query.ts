import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import { accessOf } from './scopes.js';

/**
 * Refuses a query on a handler that reads none, as the schema of one that does refuses what it does not know: a caller
 * who believes in a filter or in a dry run must not be answered without it. What is public stays open to whatever
 * parameters a probe or a scraper adds. It is a guard, and comes after the one that knows the caller; an interceptor
 * would send every answer through an observable, which costs far more than the look at the query.
 */
@Injectable()
export class RefuseUnknownQuery implements CanActivate {
  /** @throws VeltrixError `validation-failed` */
  canActivate(context: ExecutionContext): boolean {
    const names = Object.keys(context.switchToHttp().getRequest<FastifyRequest>().query as object);
    const isPublic = accessOf(context.getHandler(), context.getClass())?.kind === 'public';
    if (names.length > 0 && !isPublic && !readsQuery(context)) {
      const errors = names
        .slice(0, 20)
        .map((name) => ({ pointer: name.slice(0, 64), code: 'unknown-property', detail: 'This is not known here.' }));
      throw new VeltrixError('validation-failed', 'The address takes no query.', errors);
    }
    return true;
  }
}

/** Nest notes the parameters of a handler by their kind and place, as in `4:0`. */
function readsQuery(context: ExecutionContext): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) ??
    {}) as object;
  return Object.keys(parameters).some((kindAndPlace) => kindAndPlace.startsWith(`${RouteParamtypes.QUERY}:`));
}
