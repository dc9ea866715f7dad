import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../../src/process/config.js';
import {
  INVENTORY_DATABASE,
  LEDGER_DATABASE,
  MAIN_DATABASE,
  makeDataSource,
  sessionOf,
} from '../../src/postgres/data-sources.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { adminKey, expectProblem, openApi, type Api } from '../http/api.js';

/*
 * What a server, a database or a role has as a default is not what the service relies on.
 */

/**
 * Each setting that the service relies on, with a default that would break it, and what a session must have all the
 * same.
 */
const defaults: [setting: string, hostile: string, expected: string][] = [
  ['DateStyle', 'German', 'ISO, MDY'],
  ['IntervalStyle', 'iso_8601', 'postgres'],
  ['TimeZone', 'Asia/Kathmandu', 'UTC'],
  ['bytea_output', 'escape', 'hex'],
  ['extra_float_digits', '-15', '1'],
  ['standard_conforming_strings', 'off', 'on'],
  ['array_nulls', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['synchronous_commit', 'off', 'on'],
  ['lock_timeout', '1ms', '200ms'],
  ['statement_timeout', '1h', '20s'],
  ['idle_in_transaction_session_timeout', '1h', '20s'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['random_page_cost', '4', '1.1'],
  ['plan_cache_mode', 'auto', 'force_custom_plan'],
];

const pools = { main: MAIN_DATABASE, ledger: LEDGER_DATABASE, inventory: INVENTORY_DATABASE };

/** A database with these defaults, and the API on it. */
async function openOn(settings: Record<string, string>): Promise<{ api: Api; close(): Promise<void> }> {
  const database = await createDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const name = new URL(database.url).pathname.slice(1);
  for (const [setting, value] of Object.entries(settings))
    await client.query(`alter database ${name} set ${setting} to ${pg.escapeLiteral(value)}`);
  await client.end();
  const api = await openApi({ env: { DATABASE_URL: database.url } });
  return {
    api,
    async close() {
      await api.close();
      await database.drop();
    },
  };
}

describe('whatever the defaults of a database are', () => {
  let opened: Awaited<ReturnType<typeof openOn>>;
  beforeAll(async () => {
    opened = await openOn(Object.fromEntries(defaults.map(([setting, hostile]) => [setting, hostile])));
  });
  afterAll(() => opened.close());

  test.each(defaults)('%s is not %s in any pool, but %s', async (setting, _, expected) => {
    for (const [name, token] of Object.entries(pools)) {
      const [row] = await opened.api.app
        .get<DataSource>(token)
        .query<[{ value: string }]>('select current_setting($1) as value', [setting]);
      expect([name, row.value]).toEqual([name, expected]);
    }
  });

  test('a transaction is read committed', async () => {
    for (const token of Object.values(pools)) {
      const rows = await opened.api.app
        .get<DataSource>(token)
        .transaction((tx) => tx.query<{ transaction_isolation: string }[]>('show transaction_isolation'));
      expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
    }
  });

  test('every setting that a session begins with is looked at here', () => {
    const set = [...(sessionOf('postgres://nobody@nowhere/none').options ?? '').matchAll(/-c (\w+)=/g)].map(
      ([, name]) => name,
    );
    expect(set.length).toBeGreaterThan(8);
    expect(set.filter((name) => !defaults.some(([setting]) => setting === name))).toEqual([]);
  });
});

test('what a connection string sets beside that is kept', () => {
  expect(sessionOf('postgres://u@h/d?options=-c%20work_mem%3D8MB').options).toMatch(
    /^-c work_mem=8MB -c DateStyle=ISO/,
  );
});

describe.each(['German', 'SQL, DMY', 'SQL, MDY', 'Postgres, DMY'])('where the DateStyle is %s', (style) => {
  let opened: Awaited<ReturnType<typeof openOn>>;
  let title: string;
  beforeAll(async () => {
    opened = await openOn({ DateStyle: style });
    title = await opened.api.makeTitle('arena');
  });
  afterAll(() => opened.close());

  /** Makes a key. @returns its token, and its address */
  async function makeKey(expiresAt?: string): Promise<{ key: string; path: string }> {
    const body = { name: 'some', scopes: ['assets:read'], ...(expiresAt !== undefined && { expiresAt }) };
    const answer = await opened.api.send('POST', '/v1/titles/arena/keys', { key: adminKey, body });
    const { id, key } = answer.body as { id: string; key: string };
    return { key, path: `/v1/titles/arena/keys/${id}` };
  }

  /** Has every session of the API forget how it began, as one behind a pooler may. */
  async function loseSettings(): Promise<void> {
    const source = opened.api.app.get<DataSource>(MAIN_DATABASE);
    const runners = Array.from({ length: 4 }, () => source.createQueryRunner());
    for (const runner of runners) await runner.query(`set DateStyle to ${style}; set extra_float_digits to -15`);
    for (const runner of runners) await runner.release();
  }

  test('dates are answered as they are', async () => {
    const { body } = await opened.api.send('PUT', '/v1/assets/gold', {
      key: title,
      body: { name: 'Gold', kind: 'currency' },
    });
    const { createdAt } = body as { createdAt: string };
    const [now] = (await opened.api.session.query<{ now: Date }>('select now()')).rows;
    expect(Math.abs(Date.parse(createdAt) - (now?.now.getTime() ?? 0))).toBeLessThan(600_000);
  });

  test.each(['as it began', 'that has lost how it began'])(
    'a key that was revoked or has expired is refused in a session %s',
    async (session) => {
      const [good, revoked, expired] = [
        await makeKey('2999-01-01T00:00:00Z'),
        await makeKey(),
        await makeKey('2999-01-01T00:00:00Z'),
      ];
      expect((await opened.api.send('DELETE', revoked.path, { key: adminKey })).status).toBe(204);
      await opened.api.app
        .get<DataSource>(MAIN_DATABASE)
        .query(`update titles.keys set expires_at = '2020-12-11T10:09:08Z' where id = $1`, [expired.path.slice(-36)]);
      if (session !== 'as it began') await loseSettings();
      expect((await opened.api.send('GET', '/v1/assets', { key: good.key })).status).toBe(200);
      expectProblem(await opened.api.send('GET', '/v1/assets', { key: revoked.key }), 401, 'unauthenticated');
      expectProblem(await opened.api.send('GET', '/v1/assets', { key: expired.key }), 401, 'unauthenticated');
    },
  );
});

describe('a date that the driver cannot read', () => {
  let database: TestDatabase;
  let source: DataSource;
  beforeAll(async () => {
    database = await createDatabase();
    const env = { VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url, DATABASE_POOL_SIZE: '2' };
    source = await makeDataSource(loadConfig(env), 'main', 'test').initialize();
  });
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const types = ['timestamptz', 'timestamp', 'date'];

  test.each(types.flatMap((type) => ['German', 'SQL, DMY', 'Postgres'].map((style) => [type, style] as const)))(
    'fails its query and is never null: %s in the style %s',
    async (type, style) => {
      const read = source.transaction(async (tx) => {
        await tx.query(`set local DateStyle to ${style}`);
        return tx.query(`select '2026-02-03 04:05:06'::${type} as at`);
      });
      await expect(read).rejects.toThrow('a date that cannot be read');
      expect(await source.query(`select '2026-02-03 04:05:06'::${type} as at, null::${type} as never`)).toEqual([
        { at: expect.any(Date), never: null },
      ]);
    },
  );
});
