import type { Cause } from '../../contracts/nouns.js';

/** A cause as two columns of a row keep it. */
export function causeOf(code: string | null, detail: string | null): Cause | null {
  return code === null ? null : { code, detail: detail ?? '' };
}
