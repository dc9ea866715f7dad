import type { Scope } from '../http/scopes.js';
import type { Key } from './titles.types.js';

/** A key as the database answers it. */
export interface KeyRow {
  id: string;
  title: string;
  name: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

export const keyColumns = 'id, title, name, scopes, created_at, expires_at, revoked_at, last_used_at';

export function keyOf(row: KeyRow): Key {
  return {
    id: row.id,
    title: row.title,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}
