import type { MigrationInterface, QueryRunner } from 'typeorm';
import { countsColumn, createDealList, createDealTables, dropDealTables } from '../../exchanges/deal-tables.js';

const states = {
  done: 'succeeded',
  waiting: ['requires_action', 'processing'],
  ends: { 'refund-failed': 'failed', 'refund-canceled': 'canceled' },
} as const;

const refunds = {
  ...states,
  schema: 'refunds',
  table: 'refunds',
  kind: 'refund',
  columns: [
    'purchase uuid not null',
    'player text collate "C" not null',
    'product text collate "C" not null',
    'amount bigint not null check (amount > 0)',
    'pay jsonb not null',
    'takes jsonb not null',
    `policy text not null check (policy in ('debt', 'freeze', 'absorb'))`,
    'restock boolean not null',
    'grounds text not null',
    'found text collate "C"',
    // A refund that takes another one back is none of the money: that has come back by itself.
    'reverses uuid references refunds.refunds check (reverses is null or found is not null)',
    'legs jsonb not null',
    'decided_at bigint not null',
    // Two refunds of a purchase never go by the same totals.
    'unique (purchase, decided_at)',
    countsColumn(states),
  ],
};

/** The tables of the refunds, and what is refunded of each purchase. */
export class CreateRefunds1796016000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...createDealTables(refunds),
      createDealList(refunds, 'player'),
      createDealList(refunds, 'purchase'),
      `create index refunds_found on refunds.refunds (title, found, transaction_id desc, sequence desc)
        where found is not null`,
      // A refund is reversed once.
      'create unique index refunds_reversed on refunds.refunds (reverses) where reverses is not null and counts',
      // The row of a purchase is the lock for all that is decided about its refunds.
      `create table refunds.totals (
        purchase uuid primary key,
        title text collate "C" not null,
        paid bigint not null check (paid > 0),
        promised bigint not null default 0 check (promised >= 0),
        refunded bigint not null default 0 check (refunded >= 0),
        reversing bigint not null default 0 check (reversing between 0 and refunded),
        version bigint not null default 0,
        check (promised + refunded <= paid)
      ) with (fillfactor = 50)`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of ['drop table refunds.totals', ...dropDealTables(refunds)]) await runner.query(statement);
  }
}
