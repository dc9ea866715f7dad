import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { VeltrixError } from '../errors.js';
import { outboxInsert, outboxParameter, type Fact } from '../events/outbox.js';
import { scopes } from '../http/scopes.js';
import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runTransaction } from '../postgres/transaction.js';
import { keyColumns, keyOf, type KeyRow } from './titles.rows.js';
import type { IssuedKey, Key, NewKey } from './titles.types.js';
import { formatToken, hashSecret } from './tokens.rules.js';

/** Makes titles and their keys. */
@Injectable()
export class TitlesService {
  private readonly turns = new RowTurns();

  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Makes a title with a first key that has every scope.
   * @throws VeltrixError `title-exists`
   */
  create(title: { id: string; name: string }): Promise<IssuedKey> {
    return this.turns.take(title.id, () =>
      runTransaction(this.dataSource, async (tx) => {
        const made = await tx.query<unknown[]>(
          'insert into titles.titles (id, name) values ($1, $2) on conflict do nothing returning id',
          [title.id, title.name],
        );
        if (made.length === 0) throw new VeltrixError('title-exists', `There is a title ${title.id} already.`);
        await tell(tx, { title: title.id, type: 'title.created', subject: title.id, data: { name: title.name } });
        return insertKey(tx, title.id, { name: 'first key', scopes, expiresAt: null });
      }),
    );
  }

  /**
   * Makes a further key of a title.
   * @throws VeltrixError `not-found` if there is no such title
   */
  issueKey(title: string, key: NewKey): Promise<IssuedKey> {
    return this.turns.take(title, () =>
      runTransaction(this.dataSource, async (tx) => {
        const found = await tx.query<unknown[]>('select from titles.titles where id = $1 for key share', [title]);
        if (found.length === 0) throw new VeltrixError('not-found', `There is no title ${title}.`);
        return insertKey(tx, title, key);
      }),
    );
  }

  /**
   * Ends a key for ever. A key that was revoked before stays as it is.
   * @throws VeltrixError `not-found` if the title has no such key
   */
  revokeKey(title: string, id: string): Promise<Key> {
    return this.turns.take(id, () =>
      runTransaction(this.dataSource, async (tx) => {
        const [row] = await tx.query<KeyRow[]>(
          `select ${keyColumns} from titles.keys where title = $1 and id = $2 for no key update`,
          [title, id],
        );
        if (row === undefined) throw new VeltrixError('not-found', `The title ${title} has no such key.`);
        if (row.revoked_at !== null) return keyOf(row);
        const [revoked] = await tx.query<[KeyRow]>(
          `with revoked as (update titles.keys set revoked_at = now() where id = $1 returning ${keyColumns})
         select * from revoked`,
          [id],
        );
        await tell(tx, { title, type: 'key.revoked', subject: idOf(idPrefixes.key, id), data: { name: row.name } });
        return keyOf(revoked);
      }),
    );
  }
}

async function insertKey(
  tx: EntityManager,
  title: string,
  { name, scopes: granted, expiresAt }: NewKey,
): Promise<IssuedKey> {
  const id = v7();
  const secret = randomBytes(32).toString('hex');
  const [row] = await tx.query<[KeyRow]>(
    `insert into titles.keys (id, title, name, secret_hash, scopes, expires_at)
     values ($1, $2, $3, $4, $5, $6)
     returning ${keyColumns}`,
    [id, title, name, hashSecret(secret), granted, expiresAt],
  );
  await tell(tx, {
    title,
    type: 'key.created',
    subject: idOf(idPrefixes.key, id),
    data: { name, scopes: granted, expiresAt },
  });
  return { key: keyOf(row), token: formatToken({ id, secret }) };
}

async function tell(tx: EntityManager, fact: Fact): Promise<void> {
  await tx.query(outboxInsert('titles', 1), [outboxParameter([fact])]);
}
