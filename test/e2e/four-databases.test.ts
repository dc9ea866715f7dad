import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase } from '../harness/database.js';
import { Api, startProcess, tradeBody, until, type Running } from './processes.js';

const variables = ['DATABASE_URL', 'LEDGER_DATABASE_URL', 'INVENTORY_DATABASE_URL', 'PAYMENTS_DATABASE_URL'];
const databases: { url: string; drop(): Promise<void> }[] = [];
const running: Running[] = [];

beforeAll(async () => {
  for (const _ of variables) databases.push(await createEmptyDatabase());
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  for (const database of databases) await database.drop();
});

async function schemas(url: string): Promise<string[]> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  const { rows } = await session.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$' order by 1`,
  );
  await session.end();
  return rows.map(({ name }) => name);
}

test('a trade settles with every boundary in a database of its own', async () => {
  const env = Object.fromEntries(variables.map((variable, index) => [variable, databases[index]?.url ?? '']));
  const migrate = fileURLToPath(new URL('../../dist/src/migrate.js', import.meta.url));
  await promisify(execFile)(process.execPath, [migrate], { env: { ...env, PATH: process.env['PATH'] } });
  expect(await Promise.all(databases.map(({ url }) => schemas(url)))).toEqual([
    ['catalog', 'purchases', 'reconciliation', 'refunds', 'sagas', 'titles', 'trades'],
    ['ledger'],
    ['inventory'],
    ['payments'],
  ]);

  const all = {
    ...env,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    TASK_QUEUE: `four-${randomUUID()}`,
  };
  const [process_, worker] = await Promise.all([startProcess('main', all), startProcess('worker', all)]);
  running.push(process_, worker);
  const api = await Api.forNewTitle(process_.url, 'arena');
  await api.defineGoldAndSword();
  await api.grant('ann', '100');
  const sword = await api.mint('ben');
  const settled = await api.post('/v1/trades', 'four', tradeBody('ann', '60', 'ben', [sword]), { prefer: 'wait=20' });
  expect(settled.body).toMatchObject({ state: 'settled' });
  const refused = await api.post('/v1/trades', 'five', tradeBody('ben', '61', 'ann', [sword]), { prefer: 'wait=20' });
  expect(refused.body).toMatchObject({ state: 'refused', reason: { code: 'insufficient-funds' } });
  expect([await api.posted('ann'), await api.posted('ben')]).toEqual(['40', '60']);
  expect(await api.must(200, api.send('GET', `/v1/item-instances/${sword}`))).toMatchObject({
    owner: 'player:ann',
    state: 'owned',
  });
  // What an operator sees is put together from all of them.
  const { timeline } = (await api.must(200, api.send('GET', `/v1/sagas/${String(settled.body['id'])}`))) as {
    timeline: { event: string }[];
  };
  expect(timeline.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['accepted', 'step', 'transfer', 'movement', 'closed']),
  );
  // So is whether the books hold, and the worker looks at every entry.
  const report = (): Promise<Record<string, unknown>> => api.must(200, api.send('GET', '/v1/integrity'));
  await until('every entry was looked at', async () => (await report())['entriesCheckedSince'] !== undefined);
  expect(await report()).toMatchObject({
    holds: true,
    assets: [{ asset: 'gold', supply: '100', sum: '0' }],
    items: [{ item: 'sword', minted: '1', owned: '1', held: '0' }],
  });
}, 180_000);
