import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { playerName } from '../driver/deck.js';
import { firstOwners, gold } from './world.js';

/** What a trade needs and no more: no title, no hold, no kept outcome, no event, no trigger that guards a row. */
const tables = `
  create table trades (
    id uuid primary key, key text not null unique, player_a text not null, player_b text not null, item uuid not null,
    price bigint not null, created_at timestamptz not null default now());
  create table accounts (
    owner text primary key, balance numeric(38,0) not null check (balance >= 0), version bigint not null)
  with (fillfactor = 80);
  create table entries (
    account text not null, version bigint not null, trade uuid not null,
    amount numeric(38,0) not null, balance numeric(38,0) not null,
    primary key (account, version));
  create table items (id uuid primary key, owner text not null, version bigint not null) with (fillfactor = 85);
  create index items_of_owner on items (owner);
  create table movements (
    item uuid not null, version bigint not null, trade uuid not null, from_owner text not null, to_owner text not null,
    created_at timestamptz not null default now(), primary key (item, version));`;

/** Makes the tables of the bare transaction, with the same players, gold and items as everywhere. */
export async function makeBareTables(url: string, players: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(tables);
    const owners = Array.from({ length: players }, (_, n) => playerName(n));
    await client.query(
      'insert into accounts (owner, balance, version) select owner, $2, 0 from unnest($1::text[]) as o (owner)',
      [owners, String(gold)],
    );
    const first = firstOwners(players);
    await client.query(
      'insert into items (id, owner, version) select id, owner, 1 from unnest($1::uuid[], $2::text[]) as i (id, owner)',
      [first.map(() => randomUUID()), first],
    );
  } finally {
    await client.end();
  }
}
