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
 * The hash by which a secret is stored. A secret is 256 random bits, so one round of SHA-256 is enough: a slow hash
 * protects secrets that can be guessed.
 */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/**
 * Whether a secret has this hash. The time that the comparison takes does not tell where the hashes differ. Bytes that
 * are not a SHA-256 hash match no secret.
 */
export function secretMatches(secret: string, kept: Uint8Array): boolean {
  const hashed = hashSecret(secret);
  return kept.length === hashed.length && timingSafeEqual(hashed, kept);
}
