import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of a test's own. */
export interface TestDatabase {
  url: string;
  /** Removes it, ending whatever sessions are left in it. */
  drop(): Promise<void>;
}

/** Makes a database with every migration applied, by cloning the template of the run. */
export function createDatabase(): Promise<TestDatabase> {
  return create(setting('VELTRIX_TEST_TEMPLATE'));
}

/** Makes a database with nothing in it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create('template0');
}

/** Makes a database with nothing in it, which can hold Latin letters alone. */
export function createLatinDatabase(): Promise<TestDatabase> {
  return create('template0', "encoding 'LATIN1' locale_provider libc locale 'C'");
}

async function create(template: string, more = ''): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  // Two clones of one template at once are refused; the lock goes with the session.
  await onServer(async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [template]);
    await client.query(`create database ${name} template ${pg.escapeIdentifier(template)} strategy file_copy ${more}`);
  });
  const url = new URL(setting('VELTRIX_TEST_POSTGRES_URL'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => onServer(async (client) => void (await client.query(`drop database ${name} with (force)`))),
  };
}

async function onServer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: setting('VELTRIX_TEST_POSTGRES_URL') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run the tests with npm test, which starts a PostgreSQL for them.`);
  return value;
}
