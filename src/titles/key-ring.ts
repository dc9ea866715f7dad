import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Scope } from '../http/scopes.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { KeptBriefly } from '../postgres/kept-briefly.js';
import type { KeyValidity } from './key-validity.rules.js';

/** What the guard needs of a key. */
export interface HeldKey {
  title: string;
  secretHash: Buffer;
  scopes: ReadonlySet<Scope>;
  validity: KeyValidity;
}

/** The keys that were asked for lately. A key that another process has revoked ends within two seconds. */
@Injectable()
export class KeyRing {
  private readonly held = new KeptBriefly((id) => this.load(id));

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * The key of this UUID, or undefined.
   * @throws what the database throws
   */
  find(id: string): Promise<HeldKey | undefined> {
    return this.held.find(id);
  }

  /** Asks the database the next time, because the key was changed here. */
  forget(id: string): void {
    this.held.forget(id);
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
