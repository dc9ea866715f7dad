import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { cure, documentedSettings, findPgBouncer, startPgBouncer, type PgBouncer } from '../harness/pgbouncer.js';
import { adminKey, Api, spawnProcess, startProcess, tradeBody, until, type Running } from './processes.js';

const found = findPgBouncer();

test('Veltrix is run behind PgBouncer here, or it is said aloud that it is not', () => {
  if ('missing' in found) process.stderr.write(`\nNOT RUN: Veltrix behind PgBouncer, since ${found.missing}.\n`);
  expect(found).toEqual('missing' in found ? { missing: expect.any(String) } : { program: expect.any(String) });
});

if ('program' in found) {
  describe('Veltrix behind PgBouncer', () => whole(found.program));

  test('an API behind a PgBouncer that keeps no prepared statements ends with one sentence', async () => {
    const pooler = await startPgBouncer(found.program, { ...documentedSettings, max_prepared_statements: '0' });
    const database = await createDatabase();
    await cure(database, pooler);
    const { child, output } = await spawnProcess('main', { DATABASE_URL: pooler.through(database.url) });
    if (child.exitCode === null) await once(child, 'close');
    await pooler.close();
    await database.drop();
    expect(output()).toMatch(/^A connection pooler between Veltrix and its database main does not .+\.md\.\n$/);
    expect(child.exitCode).toBe(1);
  });
}

function whole(program: string): void {
  let pooler: PgBouncer;
  let database: TestDatabase;
  let running: Running[];
  let api: Api;
  beforeAll(async () => {
    pooler = await startPgBouncer(program, { ...documentedSettings, default_pool_size: '5' });
    database = await createDatabase();
    await cure(database, pooler);
    const env = {
      DATABASE_URL: pooler.through(database.url),
      TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
      TASK_QUEUE: `pooler-${randomUUID()}`,
      // More than the server has, which is the pooler's to see to.
      DATABASE_POOL_SIZE: '40',
    };
    running = await Promise.all([startProcess('main', env), startProcess('worker', env)]);
    api = await Api.forNewTitle(running[0]?.url ?? '', 'arena');
    await api.defineGoldAndSword();
  });
  afterAll(async () => {
    expect(await Promise.all(running.map((one) => one.stop()))).toEqual([0, 0]);
    await pooler.close();
    await database.drop();
  });

  test('settles trades, many at once', async () => {
    await api.grant('ann', '1000');
    const sword = await api.mint('ben');
    const [first, ...others] = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        api.post('/v1/trades', `t-${n}`, tradeBody('ann', '5', 'ben', n === 0 ? [sword] : []), { prefer: 'wait=20' }),
      ),
    );
    expect(first?.body).toMatchObject({ state: 'settled' });
    expect(others.map(({ body }) => body['state'])).toEqual(Array(39).fill('settled'));
    expect([await api.posted('ann'), await api.posted('ben')]).toEqual(['800', '200']);
  });

  test('reconciles', async () => {
    const admin = new Api(api.url, adminKey);
    const { id } = await admin.must(202, admin.post('/v1/reconciliations', 'first', { kind: 'full' }));
    let run: Record<string, unknown> = {};
    await until('the run is done', async () => {
      run = await admin.must(200, admin.send('GET', `/v1/reconciliations/${id as string}`));
      return run['verdict'] !== undefined;
    });
    expect(run).toMatchObject({ verdict: 'RECONCILED' });
  });
}
