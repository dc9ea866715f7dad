import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';

/** Titles and their keys. A key is never deleted, so that what was done with it can always be attributed. */
export class CreateTitles1795514200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table titles.titles (
        id text collate "C" primary key check (id ~ '^[a-z][a-z0-9_-]{0,63}$'),
        name text not null,
        transaction_id xid8 not null default pg_current_xact_id(),
        sequence bigint generated always as identity,
        created_at timestamptz not null default now()
      );
      create index titles_newest on titles.titles (transaction_id desc, sequence desc);
      create table titles.keys (
        id uuid primary key,
        title text collate "C" not null references titles.titles (id),
        name text not null,
        secret_hash bytea not null check (length(secret_hash) = 32),
        scopes text[] not null check (cardinality(scopes) > 0),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        transaction_id xid8 not null default pg_current_xact_id(),
        sequence bigint generated always as identity,
        created_at timestamptz not null default now()
      );
      create index keys_newest on titles.keys (title, transaction_id desc, sequence desc)`);
    await runner.query(outboxTable('titles'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view titles.facts');
    await runner.query('drop table titles.outbox, titles.keys, titles.titles');
  }
}
