/** Until when a key may be used, as the database has answered it. Nothing is taken for granted about either value. */
export interface KeyValidity {
  /** Whether the key was revoked: true or false. */
  revoked: unknown;
  /** When the key expires, in milliseconds since 1970: a number, or null where it never does. */
  expiresMs: unknown;
}

/**
 * Why a key may not be used now, as a sentence, or undefined where it may. A key whose validity cannot be read is
 * refused.
 * @param nowMs milliseconds since 1970
 */
export function invalidity({ revoked, expiresMs }: KeyValidity, nowMs: number): string | undefined {
  if (revoked === true) return 'The key was revoked.';
  const readable =
    revoked === false && (expiresMs === null || (typeof expiresMs === 'number' && !Number.isNaN(expiresMs)));
  if (!readable) return 'Whether the key is still valid cannot be read.';
  return expiresMs !== null && (expiresMs as number) <= nowMs ? 'The key has expired.' : undefined;
}
