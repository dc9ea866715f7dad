import type { ErrorCode } from '../../../src/errors.js';

/** One request that must be refused, and how. */
export interface HostileRow {
  what: string;
  method: string;
  path: string;
  /** Whose key is sent: that of the title `arena` unless it is said. */
  as?: 'admin' | 'nobody' | 'title';
  headers?: Record<string, string>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  status: number;
  code: ErrorCode;
}

/** A route that takes a body, and a body that it would accept. */
export interface WriteRoute {
  method: 'POST' | 'PUT';
  path: string;
  as: 'admin' | 'title';
  headers?: Record<string, string>;
  body: Record<string, unknown>;
}

/** What a row expects. */
export type Refusal = Pick<HostileRow, 'status' | 'code'>;

export const invalid: Refusal = { status: 400, code: 'validation-failed' };
export const notJson: Refusal = { status: 400, code: 'malformed-json' };
export const tooLarge: Refusal = { status: 413, code: 'body-too-large' };
export const wrongType: Refusal = { status: 415, code: 'unsupported-media-type' };

/** The body with what is at a path replaced; the path's last part may be new. */
export function withValue(body: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(body))
    return body.map((element: unknown, i) => (i === first ? withValue(element, rest, value) : element));
  const members = body as Record<string, unknown>;
  return { ...members, [first]: withValue(members[first], rest, value) };
}
