import { hash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import { headerError, headerParameter, singleHeader } from './request-headers.js';

const name = 'Idempotency-Key';
const bare = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;
// A string of RFC 8941: visible ASCII and spaces, where a quote and a backslash are escaped.
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"$/;

function invalid(detail: string): VeltrixError {
  return new VeltrixError('idempotency-key-invalid', detail, [headerError(name, detail)]);
}

/**
 * The key of a header's value, without its quotes, so that a client may change between the two forms.
 * @throws VeltrixError `idempotency-key-invalid` unless it is 1 to 255 characters of ASCII
 */
export function parseIdempotencyKey(value: string): string {
  if (bare.test(value)) return value;
  const content = quoted.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1');
  if (content === undefined) {
    throw invalid('The key must be 1 to 255 characters of visible ASCII, in double quotes or bare.');
  }
  return content;
}

function readKey(request: FastifyRequest): string {
  const value = singleHeader(request, name, 'idempotency-key-invalid');
  if (value === undefined) {
    const detail = 'The header is required here, so that the request can be sent again without being done again.';
    throw new VeltrixError('idempotency-key-missing', detail, [headerError(name, 'The header is missing.')]);
  }
  return parseIdempotencyKey(value);
}

/**
 * The request's idempotency key, validated and without quotes. A missing or malformed one never reaches the handler.
 */
export const IdempotencyKey = headerParameter(
  {
    name,
    required: true,
    pattern: `${bare.source}|${quoted.source}`,
    example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
    description:
      'Names this request for ever: sent again with the same body, it answers the same resource and changes nothing. ' +
      'A route has its keys for itself: on another one the same key names another request. ' +
      '1 to 255 characters of ASCII, quoted or bare.',
  },
  readKey,
);

/**
 * The body exactly as it was sent, before defaults were filled in, so that a later default cannot turn a replay into a
 * conflict.
 */
export const SentBody = createParamDecorator(
  (_data: undefined, context: ExecutionContext): unknown => context.switchToHttp().getRequest<FastifyRequest>().body,
);

/** JSON with sorted keys and no white space. Only for values that came out of JSON. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}

/**
 * SHA-256 over the canonical JSON of a value that came out of JSON. Two bodies have the same fingerprint
 * exactly if they differ in key order and white space alone. Where the path names what is changed, put it in:
 * `fingerprint({ transfer: id, body })`.
 */
export function fingerprint(body: unknown): Buffer {
  return hash('sha256', canonical(body), 'buffer');
}
