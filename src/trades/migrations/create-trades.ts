import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createDealList, createDealTables, dropDealTables } from '../../exchanges/deal-tables.js';

const trades = {
  schema: 'trades',
  table: 'trades',
  kind: 'trade',
  done: 'settled' as const,
  columns: [
    'player_a text collate "C" not null',
    'player_b text collate "C" not null',
    'parties jsonb not null',
    'reference text collate "C"',
  ],
};

/** The tables of the trades. */
export class CreateTrades1795514300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const lists = [
      createDealList(trades, 'player_a'),
      createDealList(trades, 'player_b'),
      `${createDealList(trades, 'reference')} where reference is not null`,
    ];
    for (const statement of [...createDealTables(trades), ...lists]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of dropDealTables(trades)) await runner.query(statement);
  }
}
