import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../../src/process/config.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { runCommand } from '../../src/postgres/run-command.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';

let database: TestDatabase;
let session: pg.Client;
let proxy: Server;
let dataSource: DataSource;
/** What is done before the greeting of the next connection gets through, together with all that has come by then. */
let meanwhile: (() => Promise<void>) | undefined;

beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const target = new URL(database.url);
  proxy = createServer((near) => join(near, connect(Number(target.port), target.hostname)));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const through = new URL(database.url);
  through.port = String((proxy.address() as AddressInfo).port);
  dataSource = await makeDataSource(
    loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: through.href }),
    'main',
    'test',
  ).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await session.end();
  await database.drop();
  proxy.close();
});

/** Ready for the first query, which ends what the server says to a new client. */
const ready = Buffer.from('Z\0\0\0\x05I', 'latin1');

function join(near: Socket, far: Socket): void {
  let held: Buffer[] | undefined;
  near.on('data', (chunk) => far.write(chunk));
  far.on('data', (chunk: Buffer) => {
    if (held !== undefined) return void held.push(chunk);
    if (meanwhile === undefined || !chunk.subarray(-ready.length).equals(ready)) return void near.write(chunk);
    held = [chunk];
    const done = meanwhile();
    meanwhile = undefined;
    void done.then(() => near.write(Buffer.concat(held ?? [])));
  });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => undefined);
    one.on('end', () => setTimeout(() => other.end(), 500));
  }
}

/** Ends the session of the newest connection, and waits until it has said so. */
async function terminateNewest(): Promise<void> {
  await session.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'veltrix test main'
     order by backend_start desc limit 1`,
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
}

test('a connection lost as it is handed out is an outage of one command, which is run again, and no more', async () => {
  const busy = dataSource.createQueryRunner();
  // The pool has to open another one then.
  await busy.connect();
  let lost = 0;
  meanwhile = async () => {
    lost += 1;
    await terminateNewest();
  };
  expect(await runCommand(dataSource, (tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  expect(lost).toBe(1);
  await busy.release();
});
