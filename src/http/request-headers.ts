import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { VeltrixError, type ErrorCode } from '../errors.js';

/** How a header appears in the OpenAPI document. */
export interface HeaderDocument {
  name: string;
  description: string;
  required: boolean;
  example: string;
  /** What its whole value matches, as the source of a regular expression. */
  pattern?: string;
}

/** The names of the headers that handlers read, in lower case. */
const readBy = new WeakMap<object, Set<string>>();

/** Whether a handler reads a header by a decorator that `headerParameter` has made. */
export function isRead(handler: object, name: string): boolean {
  return readBy.get(handler)?.has(name.toLowerCase()) ?? false;
}

/**
 * Makes a parameter decorator that gives a handler what `read` makes of the request, and that documents the headers
 * at the handler it is used on, so that no handler can read a header which the OpenAPI document does not name.
 */
export function headerParameter<T>(
  header: HeaderDocument | readonly HeaderDocument[],
  read: (request: FastifyRequest) => T,
): () => ParameterDecorator {
  const document: ParameterDecorator = (target, key) => {
    if (key === undefined) return;
    const handler = Object.getOwnPropertyDescriptor(target, key);
    if (handler === undefined) return;
    const read = readBy.get(handler.value as object) ?? new Set();
    readBy.set(handler.value as object, read);
    for (const { pattern, ...one } of [header].flat()) {
      ApiHeader({ ...one, schema: { type: 'string', ...(pattern !== undefined && { pattern }) } })(
        target,
        key,
        handler,
      );
      read.add(one.name.toLowerCase());
    }
  };
  const decorator = createParamDecorator<undefined, T>(
    (_data, context: ExecutionContext) => read(context.switchToHttp().getRequest()),
    [document],
  );
  return () => decorator();
}

/**
 * The value of a header that may be sent once at most. Node joins repeated headers, so that two look like one.
 * @throws VeltrixError with the given code if it was sent more than once
 */
export function singleHeader(request: FastifyRequest, name: string, code: ErrorCode): string | undefined {
  const values = request.raw.headersDistinct[name.toLowerCase()];
  if (values === undefined) return undefined;
  if (values.length > 1)
    throw new VeltrixError(code, `The ${name} header was sent ${values.length} times.`, [
      headerError(name, 'The header may be sent once only.'),
    ]);
  return values[0];
}

/** The entry of a problem's `errors` for a header. */
export function headerError(name: string, detail: string): { pointer: string; code: string; detail: string } {
  return { pointer: name, code: 'invalid-header', detail };
}
