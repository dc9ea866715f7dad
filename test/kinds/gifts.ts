import type { DataSource } from 'typeorm';
import { createDealTables } from '../../src/exchanges/deal-tables.js';
import type { DealKind } from '../../src/exchanges/deals.types.js';

/*
 * A kind of deal that exists in tests only: a player gives an item to another. It has a table of its own, and no legs.
 */

/** What a gift has of its own. */
export interface Gift {
  giver: string;
  receiver: string;
  instance: string;
}

const columns = ['giver', 'receiver', 'instance'] as const;

export const giftKind: DealKind<Gift> = {
  kind: 'gift',
  prefix: 'gft',
  path: '/v1/gifts',
  schema: 'gifts',
  table: 'gifts',
  done: 'settled',
  columns: columns.map((name) => ({ name, type: 'text' as const, of: (gift: Gift) => gift[name] })),
  players: ['giver', 'receiver'],
  told: ['receiver', 'instance'],
  termsOf: ({ giver, receiver, instance }) => ({
    giver: giver as string,
    receiver: receiver as string,
    instance: instance as string,
  }),
  exchangeOf: ({ id, title, giver, receiver, instance }) => ({
    id,
    title,
    kind: 'gift',
    legs: [],
    moves: [{ instance, from: `player:${giver}`, to: `player:${receiver}` }],
  }),
};

/** Makes the tables that a migration of gifts would make. */
export async function createGiftTables(dataSource: DataSource): Promise<void> {
  const tables = {
    schema: 'gifts',
    table: 'gifts',
    kind: 'gift',
    done: 'settled' as const,
    columns: columns.map((name) => `${name} text collate "C" not null`),
  };
  for (const statement of ['create schema gifts', ...createDealTables(tables)]) await dataSource.query(statement);
}
