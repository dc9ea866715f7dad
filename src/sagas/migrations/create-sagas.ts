import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';

/** The tables of the sagas. The migration runner has made the schema itself. */
export class CreateSagas1795687200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What runs have told of themselves and what operators did, one row for each saga of the run. The key reads one
    // saga's.
    await runner.query(`
      create table sagas.timeline (
        saga text collate "C" not null,
        run_id text collate "C" not null,
        number int not null,
        title text collate "C" not null,
        workflow_id text not null,
        at timestamptz not null,
        state text not null check (state in ('running', 'stuck', 'compensating', 'parked', 'ended')),
        step text,
        description text,
        why text,
        owner text,
        act text check (act in ('retry', 'compensate', 'resolve', 'park', 'resume')),
        operator text check ((act is null) = (operator is null)),
        reason text check ((act is null) = (reason is null)),
        answer_code text check (act is not null or answer_code is null),
        answer_detail text check ((answer_code is null) = (answer_detail is null)),
        created_at timestamptz not null default now(),
        primary key (saga, run_id, number)
      )`);
    // The last of it, one row for each saga. Its place in every list is that of its deal: the time in the deal's id.
    await runner.query(`
      create table sagas.sagas (
        id text collate "C" primary key,
        place uuid generated always as (substr(id, 5)::uuid) stored,
        title text collate "C" not null,
        kind text not null,
        players text[] collate "C" not null,
        state text collate "C" not null check (state in ('running', 'stuck', 'compensating', 'parked', 'ended')),
        step text,
        description text,
        why text,
        since timestamptz,
        owner text,
        workflow_id text not null,
        run_id text not null,
        number int not null,
        alone boolean not null,
        noted_at timestamptz not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query('create index sagas_by_title on sagas.sagas (title, place desc)');
    await runner.query(
      `create index sagas_by_state on sagas.sagas (state, title, place desc) where state not in ('running', 'ended')`,
    );
    await runner.query('create index sagas_by_player on sagas.sagas using gin (players)');
    await runner.query(outboxTable('sagas'));
    await runner.query(`
      create function sagas.refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'sagas.% cannot be changed like this (%)', tg_table_name, tg_op
          using errcode = 'restrict_violation';
      end $$`);
    for (const [table, refused] of [
      ['timeline', 'update or delete or truncate'],
      ['sagas', 'delete or truncate'],
    ]) {
      await runner.query(
        `create trigger ${table}_stay before ${refused} on sagas.${table}
         for each statement execute function sagas.refuse_change()`,
      );
    }
    await runner.query(`
      create trigger sagas_keep before update of id, title, kind, created_at on sagas.sagas
      for each statement execute function sagas.refuse_change()`);
  }

  async down(): Promise<void> {
    throw new Error('What operators did is not thrown away. Restore a backup instead.');
  }
}
