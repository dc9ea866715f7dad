import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { keyColumns, keyOf, type KeyRow } from './titles.rows.js';
import type { Key, Title } from './titles.types.js';

interface TitleRow {
  id: string;
  name: string;
  created_at: Date;
}

/** The columns by which lists are ordered, as a Place. */
const place = 'transaction_id::text as major, sequence::text as minor';

/** Reads titles and keys. Strong: they see every commit. */
@Injectable()
export class TitlesReads {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** @throws VeltrixError `not-found` */
  async title(id: string): Promise<Title> {
    const [row] = await this.dataSource.query<TitleRow[]>(
      'select id, name, created_at from titles.titles where id = $1',
      [id],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no title ${id}.`);
    return titleOf(row);
  }

  /** Titles, newest first: those after a place, one more than `limit`. */
  async titles(limit: number, after: Place | undefined): Promise<PageRow<Title>[]> {
    const rows = await this.dataSource.query<(TitleRow & Place)[]>(
      `select id, name, created_at, ${place} from titles.titles
       where $1::xid8 is null or (transaction_id, sequence) < ($1::xid8, $2::bigint)
       order by transaction_id desc, sequence desc limit $3`,
      [after?.major ?? null, after?.minor ?? null, limit + 1],
    );
    return rows.map((row) => ({ major: row.major, minor: row.minor, body: titleOf(row) }));
  }

  /** @throws VeltrixError `not-found` if the title has no such key */
  async key(title: string, id: string): Promise<Key> {
    const [row] = await this.dataSource.query<KeyRow[]>(
      `select ${keyColumns} from titles.keys where title = $1 and id = $2`,
      [title, id],
    );
    if (row === undefined) throw new VeltrixError('not-found', `The title ${title} has no such key.`);
    return keyOf(row);
  }

  /** The keys of a title, newest first: those after a place, one more than `limit`. */
  async keys(title: string, limit: number, after: Place | undefined): Promise<PageRow<Key>[]> {
    const rows = await this.dataSource.query<(KeyRow & Place)[]>(
      `select ${keyColumns}, ${place} from titles.keys
       where title = $1 and ($2::xid8 is null or (transaction_id, sequence) < ($2::xid8, $3::bigint))
       order by transaction_id desc, sequence desc limit $4`,
      [title, after?.major ?? null, after?.minor ?? null, limit + 1],
    );
    return rows.map((row) => ({ major: row.major, minor: row.minor, body: keyOf(row) }));
  }
}

function titleOf(row: TitleRow): Title {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}
