import pg from 'pg';
import { packName, packPrice, packs } from '../driver/pack.js';

/** What the purchases need beside the tables of the bare transaction. */
const tables = `
  create table products (code text primary key, price bigint not null, stock bigint not null);
  create table orders (
    id uuid primary key, key text not null unique, player text not null, product text not null references products,
    amount bigint not null, state text not null, payment text unique, created_at timestamptz not null default now());
  create table gems (player text primary key, balance bigint not null);
  create table granted (order_id uuid primary key references orders, item uuid not null unique);`;

/** Makes the tables of the service, and the same products as everywhere. */
export async function makeShopTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(tables);
    await client.query(
      'insert into products (code, price, stock) select code, $2, 1000000000 from unnest($1::text[]) code',
      [Array.from({ length: packs }, (_, n) => packName(n)), packPrice],
    );
  } finally {
    await client.end();
  }
}
