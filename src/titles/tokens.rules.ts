import { hash, timingSafeEqual } from 'node:crypto';

/** The parts of a key's token: `vx_live_<id>_<secret>`, the id as the 32 digits of a UUID. */
export interface Token {
  /** The UUID of the key. */
  id: string;
  secret: string;
}

const form = /^vx_live_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([0-9a-f]{64})$/;

/**
 * The token of a key.
 * @param id the UUID of the key
 * @param secret 64 hexadecimal digits
 */
export function formatToken({ id, secret }: Token): string {
  return `vx_live_${id.replaceAll('-', '')}_${secret}`;
}

/** The parts of a token, or undefined where the text is not one. */
export function parseToken(text: string): Token | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  return { id: match.slice(1, 6).join('-'), secret: match[6] as string };
}

/**
 * What is kept of a secret. A secret is 256 random bits, so that one round of SHA-256 is enough:
 * there is nothing to guess that a slow hash would protect.
 */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/**
 * Whether a secret is the one of this hash, in a time that tells nothing of where they differ. What is no hash is
 * nobody's.
 */
export function secretMatches(secret: string, kept: Uint8Array): boolean {
  const hashed = hashSecret(secret);
  return kept.length === hashed.length && timingSafeEqual(hashed, kept);
}
