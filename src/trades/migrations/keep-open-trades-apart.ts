import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keeps what is said of open trades alone in a table of its own, which is small whatever there is of closed ones. The
 * index of open trades on the trades themselves made every close a change of all their indexes; without it, and with
 * room on its page, a close changes none.
 */
export class KeepOpenTradesApart1795600800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Nobody accepts or closes a trade while the open ones are carried over.
    await runner.query('lock table trades.trades in exclusive mode');
    await runner.query(`
      create table trades.open (
        id uuid primary key,
        created_at timestamptz not null,
        started_at timestamptz,
        checked_at timestamptz
      )`);
    await runner.query('create index open_by_age on trades.open (created_at)');
    await runner.query('insert into trades.open select id, created_at, started_at, checked_at from trades.trades where closed_at is null');
    await runner.query('drop index trades.trades_open');
    await runner.query('alter table trades.trades drop column started_at, drop column checked_at');
    await runner.query('alter table trades.trades set (fillfactor = 55)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table trades.trades reset (fillfactor)');
    await runner.query('alter table trades.trades add column started_at timestamptz, add column checked_at timestamptz');
    // The trigger that keeps closed trades as they are does not look at rows that are open.
    await runner.query('update trades.trades t set started_at = o.started_at, checked_at = o.checked_at from trades.open o where o.id = t.id');
    await runner.query('create index trades_open on trades.trades (created_at) where closed_at is null');
    await runner.query('drop table trades.open');
  }
}
