import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { boundaries } from '../../src/boundaries.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { checkPreparedStatements } from '../../src/postgres/prepared-probe.js';
import { runMigrations } from '../../src/postgres/migrations.js';
import { runCommand } from '../../src/postgres/run-command.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../harness/database.js';
import {
  configOf,
  cure,
  documentedSettings,
  endOthers,
  findPgBouncer,
  refusalOf,
  startPgBouncer,
  type PgBouncer,
} from '../harness/pgbouncer.js';
import { tradeBody } from '../e2e/processes.js';
import { openApi, type Api } from '../http/api.js';

/*
 * A connection pooler gives each transaction another session, and passes on little of what a session begins with.
 */

const found = findPgBouncer();

test('PgBouncer is run here, or it is said aloud that it is not', () => {
  if ('missing' in found) process.stderr.write(`\nNOT RUN: nothing was held to PgBouncer, since ${found.missing}.\n`);
  expect(found).toEqual('missing' in found ? { missing: expect.any(String) } : { program: expect.any(String) });
});

if ('program' in found) {
  describe('behind PgBouncer as it is documented', () => asDocumented(found.program));
  describe('behind a PgBouncer that cannot work', () => unfit(found.program));
}

function asDocumented(program: string): void {
  let pooler: PgBouncer;
  let database: TestDatabase;
  let session: pg.Client;
  let url: string;
  let source: DataSource;
  let api: Api;
  let cures: string[];
  beforeAll(async () => {
    // Fewer sessions than connections, so that these meet in them.
    pooler = await startPgBouncer(program, { ...documentedSettings, default_pool_size: '3' });
    database = await createDatabase();
    url = pooler.through(database.url);
    cures = await cure(database, pooler);
    session = new pg.Client({ connectionString: database.url });
    await session.connect();
    source = await makeDataSource(configOf(url), 'main', 'test').initialize();
    api = await openApi({ env: { DATABASE_URL: url } });
  });
  afterAll(async () => {
    await api.close();
    await source.destroy();
    await session.end();
    await pooler.close();
    await database.drop();
  });

  const settings = ['statement_timeout', 'default_transaction_isolation', 'synchronous_commit', 'DateStyle'];
  const look = `select ${settings.map((name) => `current_setting('${name}')`).join(` || ' ' || `)} as has`;

  test('what its role does not begin with is refused in one sentence, with the statements that mend it', () => {
    expect(cures.length).toBeGreaterThan(3);
    expect(cures.join('\n')).toMatch(/^alter role "veltrix" in database "test_\w+" set statement_timeout = '20s';$/m);
  });

  test('what the role begins with reaches statements and transactions', async () => {
    const has = [{ has: '20s read committed on ISO, MDY' }];
    expect(await source.query(look)).toEqual(has);
    expect(await source.transaction((tx) => tx.query(look))).toEqual(has);
  });

  test('what a stranger leaves behind in a session reaches no transaction', async () => {
    const strangers = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const stranger = new pg.Client({ connectionString: url });
        await stranger.connect();
        await stranger.query('begin');
        return stranger;
      }),
    );
    for (const stranger of strangers)
      await stranger.query(`set statement_timeout = 0; set synchronous_commit = off;
        set session characteristics as transaction isolation level serializable`);
    for (const stranger of strangers) await stranger.query('commit');
    for (const stranger of strangers) await stranger.end();
    const inTransaction = `select current_setting('statement_timeout') || ' ' || current_setting('synchronous_commit')
      || ' ' || current_setting('transaction_isolation') as has`;
    const [row] = await source.transaction((tx) => tx.query<[{ has: string }]>(inTransaction));
    expect(row.has).toBe('20s on read committed');
    const [alone] = await source.query<[{ has: string }]>('show statement_timeout');
    // A test that cannot fail is a defect: the sessions are those that the strangers have left.
    expect(alone).toEqual({ statement_timeout: '0' });
    await endOthers(session);
  });

  test('a command prepares its statements once, whichever session it meets', async () => {
    const one = (value: number): Promise<{ next: number }[]> =>
      runCommand(source, (tx) => tx.query('select $1::int + 1 as next', [value]));
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => one(n)));
    expect(answers.map(([row]) => row?.next)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  test('the API serves', async () => {
    const key = await api.makeTitle('arena');
    const { status, body } = await api.send('PUT', '/v1/assets/gold', {
      key,
      body: { name: 'Łódź', kind: 'currency' },
    });
    expect({ status, body }).toMatchObject({ status: 201, body: { name: 'Łódź' } });
    expect((await api.send('GET', '/health/ready')).status).toBe(200);
  });

  test('a column that changes its type under the running API is noticed by nobody', async () => {
    const key = await api.makeTitle('changed');
    await api.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
    const replays = async (): Promise<number[]> =>
      (
        await Promise.all(
          Array.from({ length: 12 }, (_, n) =>
            api.send('POST', '/v1/trades', {
              key,
              headers: { 'idempotency-key': `changed-${n}` },
              body: { ...(tradeBody('ann', '1', 'ben') as object), reference: 'r' },
            }),
          ),
        )
      ).map(({ status }) => status);
    const accepted = Array.from({ length: 12 }, () => 202);
    expect(await replays()).toEqual(accepted);
    expect(await replays()).toEqual(accepted);
    await session.query('alter table trades.trades alter column reference type varchar(250)');
    expect(await replays()).toEqual(accepted);
    expect(await replays()).toEqual(accepted);
  });

  test('migrations come to their end, and leave no lock behind', async () => {
    const empty = await createEmptyDatabase();
    const config = configOf(pooler.through(empty.url));
    const both = await Promise.all([runMigrations(config, boundaries), runMigrations(config, boundaries)]);
    expect(both.flat()).toHaveLength(boundaries.reduce((sum, { migrations }) => sum + migrations.length, 0));
    expect(await runMigrations(config, boundaries)).toEqual([]);
    expect((await session.query(`select from pg_locks where locktype = 'advisory'`)).rows).toEqual([]);
    await empty.drop();
  });
}

function unfit(program: string): void {
  let database: TestDatabase;
  let pooler: PgBouncer;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterEach(() => pooler.close());
  afterAll(() => database.drop());

  test('a start parameter that it refuses is told in one sentence that says what to do', async () => {
    pooler = await startPgBouncer(program, { ...documentedSettings, ignore_startup_parameters: '' });
    const config = configOf(pooler.through(database.url));
    for (const start of [makeDataSource(config, 'main', 'test').initialize(), runMigrations(config, boundaries)])
      expect(await refusalOf(start)).toMatch(
        /^A connection pooler of a DATABASE_URL refuses .*ignore_startup_parameters/,
      );
  });

  test.each(['0', '1'])(
    'that keeps no prepared statements is refused in one sentence: round robin %s',
    async (robin) => {
      pooler = await startPgBouncer(program, {
        ...documentedSettings,
        max_prepared_statements: '0',
        server_round_robin: robin,
      });
      await cure(database, pooler);
      const main = await makeDataSource(configOf(pooler.through(database.url)), 'main', 'test').initialize();
      expect(await refusalOf(checkPreparedStatements({ main, ledger: main, inventory: main, payments: main }))).toMatch(
        /^A connection pooler between Veltrix and its database main does not keep prepared statements: /,
      );
      await main.destroy();
    },
  );
}
