import type { MigrationInterface, QueryRunner } from 'typeorm';
import { countsColumn, createDealList, createDealTables, dropDealTables } from '../../exchanges/deal-tables.js';

const states = {
  done: 'completed',
  waiting: ['requires_action', 'processing'],
  ends: { 'payment-declined': 'declined', 'purchase-cancelled': 'cancelled', 'payment-expired': 'expired' },
} as const;

const purchases = {
  ...states,
  schema: 'purchases',
  table: 'purchases',
  kind: 'purchase',
  columns: [
    'player text collate "C" not null',
    'product text collate "C" not null',
    'version bigint not null',
    'quantity bigint not null check (quantity > 0)',
    'pay jsonb not null',
    'content jsonb not null',
    'reference text collate "C"',
    countsColumn(states),
  ],
};

/** The tables of the purchases, and what was sold of each product. */
export class CreatePurchases1795968000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...createDealTables(purchases),
      createDealList(purchases, 'player'),
      createDealList(purchases, 'product'),
      `${createDealList(purchases, 'reference')} where reference is not null`,
      // For the limits of a buyer. What was refused or turned back leaves this index. A close that completes a purchase
      // changes no column of it.
      `create index purchases_of_buyer on purchases.purchases (title, player, product, created_at)
         include (quantity) where counts`,
      // An update touches no index, and the fill factor leaves room for it on its page.
      `create table purchases.sales (
        title text collate "C" not null,
        product text collate "C" not null,
        sold bigint not null default 0 check (sold >= 0),
        primary key (title, product)
      ) with (fillfactor = 20)`,
      // The refunded purchases that count no more for stock and limits. A closed purchase itself never changes.
      `create table purchases.restocked (purchase uuid primary key)`,
      // How many purchases in money were accepted in a time, or for how much. A count is written over when it is over.
      `create table purchases.velocity (
        title text collate "C" not null,
        period text collate "C" not null check (period in ('minute', 'hour', 'day')),
        player text collate "C" not null,
        currency text collate "C" not null,
        since timestamptz not null,
        used bigint not null default 0 check (used >= 0),
        primary key (title, period, player, currency)
      ) with (fillfactor = 50)`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'drop table purchases.sales, purchases.velocity, purchases.restocked',
      ...dropDealTables(purchases),
    ])
      await runner.query(statement);
  }
}
