import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';

/** The tables of the trades. The migration runner has made the schema itself. */
export class CreateTrades1795514300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // A close touches no index, and the fill factor leaves room for it on its page.
    await runner.query(`
      create table trades.trades (
        id uuid primary key,
        title text collate "C" not null,
        key text collate "C" not null,
        fingerprint bytea not null,
        state text not null default 'accepted' check (state in ('accepted', 'settled', 'refused', 'stuck', 'compensated')),
        reason_code text,
        reason_detail text,
        player_a text collate "C" not null,
        player_b text collate "C" not null,
        parties jsonb not null,
        reference text collate "C",
        workflow_id text,
        transaction_id xid8 not null default pg_current_xact_id(),
        sequence bigint generated always as identity,
        created_at timestamptz not null default now(),
        closed_at timestamptz,
        unique (title, key),
        check ((closed_at is null) = (state in ('accepted', 'stuck'))),
        check ((state in ('refused', 'compensated')) <= (reason_code is not null and reason_detail is not null))
      ) with (fillfactor = 55)`);
    // What is said of open trades alone has a table of its own, which is small however many trades are closed. An index
    // of open trades on the trades themselves would make every close a change of all their indexes.
    await runner.query(`
      create table trades.open (
        id uuid primary key,
        created_at timestamptz not null,
        started_at timestamptz,
        checked_at timestamptz
      )`);
    await runner.query('create index open_by_age on trades.open (created_at)');
    await runner.query('create index trades_by_title on trades.trades (title, transaction_id desc, sequence desc)');
    await runner.query('create index trades_by_player_a on trades.trades (title, player_a, transaction_id desc, sequence desc)');
    await runner.query('create index trades_by_player_b on trades.trades (title, player_b, transaction_id desc, sequence desc)');
    await runner.query('create index trades_by_reference on trades.trades (title, reference, transaction_id desc, sequence desc) where reference is not null');
    await runner.query(outboxTable('trades'));
    // A closed trade never changes again, whoever asks.
    await runner.query(`
      create function trades.keep_closed() returns trigger language plpgsql as $$
      begin
        raise exception 'trade % is closed and never changes', old.id using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create trigger keep_closed before update or delete on trades.trades
      for each row when (old.closed_at is not null) execute function trades.keep_closed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view trades.facts');
    await runner.query('drop table trades.trades, trades.open, trades.outbox');
    await runner.query('drop function trades.keep_closed');
  }
}
