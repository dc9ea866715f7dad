import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { boundaries } from '../../src/boundaries.js';
import { runMigrations } from '../../src/postgres/migrations.js';
import { loadConfig } from '../../src/process/config.js';
import { createEmptyDatabase, type TestDatabase } from '../harness/database.js';
import { openCatalog, pack, type CatalogWorld } from './catalog-world.js';

let database: TestDatabase;
let session: pg.Client;
let world: CatalogWorld;
let books: unknown;

/**
 * Leaves a product of every kind: a draft, one that is published with a draft beside it, and one that is withdrawn. The
 * database is migrated here, so that a wall that is taken away is missed.
 */
beforeAll(async () => {
  database = await createEmptyDatabase();
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  await runMigrations(config, boundaries);
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  world = await openCatalog({ DATABASE_URL: database.url });
  for (const code of ['drafted', 'sold', 'gone']) await world.must(201, 'PUT', `/v1/products/${code}`, pack);
  for (const code of ['sold', 'gone']) await world.must(200, 'POST', `/v1/products/${code}/publish`);
  await world.must(200, 'POST', '/v1/products/gone/withdraw');
  await world.must(200, 'PUT', '/v1/products/sold', { ...pack, name: 'Second' });
  books = await everything();
});
afterAll(async () => {
  const now = await everything();
  await world.api.close();
  await session.end();
  await database.drop();
  expect(now).toEqual(books);
});

async function everything(): Promise<unknown> {
  const { rows } = await session.query(
    `select to_jsonb(p) as product, to_jsonb(v) as version from catalog.products p
     join catalog.versions v using (title, code) order by code, v.version`,
  );
  return rows;
}

const product = (change: string, code: string): string =>
  `update catalog.products set revision = revision + 1, ${change} where code = '${code}'`;
const version = (change: string, code: string, number = 1): string =>
  `update catalog.versions set ${change} where code = '${code}' and version = ${number}`;
const kept = (terms: string): string => version(`terms = '${terms}'`, 'drafted');

describe('the database refuses', () => {
  const refused: [string, string][] = [
    ['to delete a product', 'delete from catalog.products'],
    ['to empty the products', 'truncate catalog.products cascade'],
    ['to delete a version', 'delete from catalog.versions'],
    ['to delete a draft', `delete from catalog.versions where published_at is null`],
    ['to empty the versions', 'truncate catalog.versions cascade'],
    ['to change the terms of what is published', version(`terms = terms || '{"stock": 1}'`, 'sold')],
    ['to change the name of what is published', version(`name = 'Other'`, 'sold')],
    ['to say of what is published that it is not', version('published_at = null', 'sold')],
    ['to say another moment of what is published', version('published_at = now()', 'sold')],
    ['to change the terms of what is withdrawn', version(`terms = terms || '{"stock": 1}'`, 'gone')],
    ['to give a version another title', version(`title = 'other'`, 'drafted')],
    ['to give a version another product', version(`code = 'other'`, 'drafted')],
    ['to give a version another number', version('version = 7', 'drafted')],
    ['to give a product another title', product(`title = 'other'`, 'drafted')],
    ['to give a product another code', product(`code = 'other'`, 'drafted')],
    ['to give a product another place in the list', product(`transaction_id = '1'`, 'drafted')],
    [
      'to change a product without a revision',
      `update catalog.products set withdrawn = true where published is not null`,
    ],
    ['to skip a revision', `update catalog.products set revision = revision + 2 where code = 'drafted'`],
    ['to take back what is published', product('published = null', 'sold')],
    ['to put on sale what is not published', product('published = 1, draft = null', 'drafted')],
    ['to make a draft of what is published', product('draft = 1, published = null', 'gone')],
  ];

  it.each(refused)('%s', async (_, sql) => {
    await expect(session.query(sql)).rejects.toMatchObject({
      code: '23001',
      message: expect.stringContaining('cannot be changed like this'),
    });
  });

  const checked: [string, string][] = [
    ['a product of no version', product('draft = null', 'drafted')],
    ['to withdraw what was never published', product('withdrawn = true', 'drafted')],
    ['a draft that is older than what is published', product('draft = 0', 'sold')],
    ['an amount that is a number', kept('{"content": {"amounts": [{"asset": "gold", "amount": 5}]}}')],
    ['an amount with a point', kept('{"prices": {"money": [{"currency": "EUR", "amount": "4.99"}]}}')],
    ['an amount of 19 digits', kept(`{"prices": {"virtual": [{"asset": "gold", "amount": "${'9'.repeat(19)}"}]}}`)],
    ['a negative amount', kept('{"prices": {"virtual": [{"asset": "gold", "amount": "-1"}]}}')],
    ['terms that are a list', kept('[]')],
    [
      'a version 0',
      `insert into catalog.versions (title, code, version, name, terms) values ('arena', 'gone', 0, 'x', '{}')`,
    ],
  ];

  it.each(checked)('%s', async (_, sql) => {
    await expect(session.query(sql)).rejects.toMatchObject({ code: '23514' });
  });

  it('a second draft of one product', async () => {
    const sql = `insert into catalog.versions (title, code, version, name, terms)
      values ('arena', 'sold', 3, 'x', '{}')`;
    await expect(session.query(sql)).rejects.toMatchObject({ code: '23505' });
  });

  it.each([
    ['a version of no product', `insert into catalog.versions values ('arena', 'none', 1, 'x', '{}')`],
    ['a product whose draft is not there', product('draft = 7', 'drafted')],
    ['a product whose published version is not there', product('published = 7, draft = null', 'gone')],
    [
      'a new product without its version',
      `insert into catalog.products (title, code, draft) values ('arena', 'new', 1)`,
    ],
  ])('%s', async (_, sql) => {
    await expect(session.query(sql)).rejects.toMatchObject({ code: '23503' });
  });
});
