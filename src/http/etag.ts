import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import { headerError, headerParameter, isRead, singleHeader } from './request-headers.js';

const ifMatch = 'If-Match';
const ifNoneMatch = 'If-None-Match';
const strongVersion = /^"([1-9][0-9]{0,17})"$/;

function readExpected(request: FastifyRequest): bigint | undefined {
  const value = singleHeader(request, ifMatch, 'if-match-invalid');
  if (isToBeNew(request)) {
    if (value !== undefined)
      throw conditionNotEvaluated(ifNoneMatch, 'If-Match and If-None-Match contradict each other.');
    return 0n;
  }
  if (value === undefined) return undefined;
  const version = strongVersion.exec(value)?.[1];
  if (version === undefined) {
    const detail = 'The header must be the one strong entity tag that the resource was answered with, such as "7".';
    throw new VeltrixError('if-match-invalid', detail, [headerError(ifMatch, detail)]);
  }
  return BigInt(version);
}

function isToBeNew(request: FastifyRequest): boolean {
  const value = singleHeader(request, ifNoneMatch, 'condition-not-evaluated');
  if (value !== undefined && value !== '*')
    throw conditionNotEvaluated(ifNoneMatch, 'If-None-Match must be *, which asks that there is nothing yet.');
  return value === '*';
}

/**
 * The row version that the caller expects, or undefined if they expect none. Weak and foreign tags never reach the
 * handler. Version 0 is that of what is not there: nothing has it, so what expects it can only be made.
 */
export const ExpectedVersion = headerParameter(
  [
    {
      name: ifMatch,
      required: false,
      example: '"7"',
      pattern: strongVersion.source,
      description: 'Change the resource only if this is still its ETag.',
    },
    {
      name: ifNoneMatch,
      required: false,
      example: '*',
      pattern: '^\\*$',
      description: 'Make the resource only if there is none yet.',
    },
  ],
  readExpected,
);

const conditions = [ifMatch, ifNoneMatch, 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range'];
const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses a condition on a handler that changes something and does not look at that condition: a caller who believes in
 * it must not have their change made without it.
 */
@Injectable()
export class RefuseConditions implements CanActivate {
  /** @throws VeltrixError `condition-not-evaluated` */
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (harmless.has(method)) return true;
    const one = conditions.find((name) => name.toLowerCase() in headers && !isRead(context.getHandler(), name));
    if (one !== undefined) throw conditionNotEvaluated(one, `${one} is not evaluated here. Nothing was done.`);
    return true;
  }
}

function conditionNotEvaluated(name: string, detail: string): VeltrixError {
  return new VeltrixError('condition-not-evaluated', detail, [headerError(name, detail)]);
}

/** Sets the strong entity tag of the resource that is answered. */
export function setEtag(reply: FastifyReply, version: bigint | number | string): void {
  void reply.header('etag', `"${version}"`);
}
