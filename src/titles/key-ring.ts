import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Scope } from '../http/scopes.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';

/** What the guard needs of a key. */
export interface HeldKey {
  title: string;
  secretHash: Buffer;
  scopes: ReadonlySet<Scope>;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const keepMs = 2_000;
const mostKeys = 10_000;

/**
 * The keys that were asked for lately. They are kept so briefly that a key revoked by another process
 * ends within two seconds; ids that no key has are kept too, so that guessing costs the database little.
 */
@Injectable()
export class KeyRing {
  private readonly held = new Map<string, { key: Promise<HeldKey | undefined>; until: number }>();

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * The key of this UUID, or undefined. Requests that ask for one at the same moment share one query.
   * @throws what the database throws; such an answer is not kept
   */
  find(id: string): Promise<HeldKey | undefined> {
    const held = this.held.get(id);
    if (held !== undefined && held.until > Date.now()) return held.key;
    if (this.held.size >= mostKeys) this.held.clear();
    const key = this.load(id);
    const entry = { key, until: Date.now() + keepMs };
    this.held.set(id, entry);
    key.catch(() => {
      if (this.held.get(id) === entry) this.held.delete(id);
    });
    return key;
  }

  /** Asks the database the next time, because the key was changed here. */
  forget(id: string): void {
    this.held.delete(id);
  }

  private async load(id: string): Promise<HeldKey | undefined> {
    const [row] = await this.dataSource.query<{ title: string; secret_hash: Buffer; scopes: Scope[]; expires_at: Date | null; revoked_at: Date | null }[]>(
      'select title, secret_hash, scopes, expires_at, revoked_at from titles.keys where id = $1',
      [id],
    );
    if (row === undefined) return undefined;
    return { title: row.title, secretHash: row.secret_hash, scopes: new Set(row.scopes), expiresAt: row.expires_at, revokedAt: row.revoked_at };
  }
}
