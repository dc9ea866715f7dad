import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Scope } from '../http/scopes.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import type { KeyValidity } from './key-validity.rules.js';

/** What the guard needs of a key. */
export interface HeldKey {
  title: string;
  secretHash: Buffer;
  scopes: ReadonlySet<Scope>;
  validity: KeyValidity;
}

const keepMs = 2_000;
const maxKeys = 10_000;

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
    if (held !== undefined && held.until > performance.now()) return held.key;
    if (this.held.size >= maxKeys) this.held.clear();
    const key = this.load(id);
    const entry = { key, until: performance.now() + keepMs };
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
    // Neither as a date nor as a float: what their texts say depends on the session.
    const [row] = await this.dataSource.query<
      { title: string; secret_hash: Buffer; scopes: Scope[]; revoked: unknown; expires_ms: unknown }[]
    >(
      `select title, secret_hash, scopes, revoked_at is not null as revoked,
         extract(epoch from expires_at) * 1000 as expires_ms
       from titles.keys where id = $1`,
      [id],
    );
    if (row === undefined) return undefined;
    return {
      title: row.title,
      secretHash: row.secret_hash,
      scopes: new Set(row.scopes),
      validity: { revoked: row.revoked, expiresMs: row.expires_ms === null ? null : Number(row.expires_ms) },
    };
  }
}
