import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';

/** The accounts that titles have at payment providers. One is never deleted, because payments refer to it. */
export class CreatePayments1795975200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table payments.accounts (
        title text collate "C" not null,
        provider text collate "C" not null check (provider in ('stripe')),
        mode text not null check (mode in ('test', 'live')),
        secret_key bytea not null,
        webhook_secrets bytea not null,
        sealed_by text collate "C" not null check (sealed_by ~ '^[0-9a-f]{8}$'),
        secret_key_end text not null check (length(secret_key_end) <= 4),
        webhook_secret_ends text[] not null check (cardinality(webhook_secret_ends) <= 2),
        settlement_currency text collate "C" not null check (settlement_currency ~ '^[A-Z]{3}$'),
        spent_goods text not null check (spent_goods in ('debt', 'freeze', 'absorb')),
        version bigint not null default 1 check (version > 0),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (title, provider)
      )`);
    await runner.query(outboxTable('payments'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view payments.facts');
    await runner.query('drop table payments.outbox, payments.accounts');
  }
}
