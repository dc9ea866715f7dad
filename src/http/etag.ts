import type { FastifyReply, FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import { headerError, headerParameter, singleHeader } from './request-headers.js';

const name = 'If-Match';
const strongVersion = /^"([1-9][0-9]{0,17})"$/;

function readIfMatch(request: FastifyRequest): bigint | undefined {
  const value = singleHeader(request, name, 'if-match-invalid');
  if (value === undefined) return undefined;
  const version = strongVersion.exec(value)?.[1];
  if (version === undefined) {
    const detail = 'The header must be the one strong entity tag that the resource was answered with, such as "7".';
    throw new VeltrixError('if-match-invalid', detail, [headerError(name, detail)]);
  }
  return BigInt(version);
}

/**
 * The row version that the caller expects, or undefined if they sent no If-Match. Weak and foreign tags never reach the
 * handler.
 */
export const IfMatch = headerParameter(
  { name, required: false, example: '"7"', description: 'Change the resource only if this is still its ETag.' },
  readIfMatch,
);

/** Sets the strong entity tag of the resource that is answered. */
export function setEtag(reply: FastifyReply, version: bigint | number | string): void {
  void reply.header('etag', `"${version}"`);
}
