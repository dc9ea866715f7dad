import type { Scope } from '../http/scopes.js';

/** A tenant: one game or shop. */
export interface Title {
  id: string;
  name: string;
  createdAt: Date;
}

/** A key of a title, without its secret, of which only the hash is kept. */
export interface Key {
  /** The UUID of the key. */
  id: string;
  title: string;
  name: string;
  scopes: Scope[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

/** What a new key is to be. */
export interface NewKey {
  name: string;
  scopes: readonly Scope[];
  expiresAt: Date | null;
}

/** A key just made, with the token that is shown this once. */
export interface IssuedKey {
  key: Key;
  token: string;
}
