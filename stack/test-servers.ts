import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { endInOrder } from './ending.js';
import { startKeeper } from './keeper.js';
import { preparePostgres } from './postgres.js';
import { Roster } from './roster.js';
import type { Say } from './say.js';
import { prepareTemporal } from './temporal.js';

const template = 'veltrix_template';

/** Where files are kept in memory, and the room that must be there. A container may have 64 MB. */
const memory = { folder: '/dev/shm', leastBytes: 6 * 1024 ** 3 };

/** The servers of one test run, and how to end them. */
export interface TestServers {
  /** What the tests find in their environment. */
  environment: {
    VELTRIX_TEST_POSTGRES_URL: string;
    VELTRIX_TEST_TEMPLATE: string;
    VELTRIX_TEST_TEMPORAL_ADDRESS: string;
  };
  end(): Promise<void>;
}

/**
 * Starts a PostgreSQL and a Temporal server of a test run's own, and makes the migrated database that every test
 * clones. Servers that the environment names already are used as they are, and stay.
 */
export async function startTestServers(tell: Say): Promise<TestServers> {
  const folder = mkdtempSync(join(placeOfData(), 'veltrix-test-'));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const remove = new Set([folder]);
  const { roster } = Roster.take(folder);
  startKeeper(folder, join(folder, 'keeper.log'), [folder]);
  const onStart = roster.add.bind(roster);
  const end = async (): Promise<void> => {
    // Temporal takes two seconds to end in order, for a database that is thrown away.
    const sudden = { signal: 'SIGKILL', patience: 5_000 } as const;
    await endInOrder(
      roster.processes.map((one) => (one.name === 'Temporal' ? { ...one, ending: sudden } : one)),
      () => undefined,
    );
    for (const path of remove) rmSync(path, { recursive: true, force: true });
  };
  try {
    const postgres = async (): Promise<string> => {
      // What a test run writes need not survive the machine, only its processes.
      const settings = { max_connections: '300', deadlock_timeout: '20ms', fsync: 'off', full_page_writes: 'off' };
      const server = await preparePostgres({ folder, log: join(folder, 'postgres.log'), settings, tell, onStart });
      remove.add(dirname(server.data));
      await server.launch();
      return server.url('postgres');
    };
    const temporal = async (): Promise<string> => {
      const server = await prepareTemporal({
        folder,
        log: join(folder, 'temporal.log'),
        namespace: 'default',
        tell,
        onStart,
      });
      await server.launch();
      return server.address;
    };
    const [postgresUrl, address] = await Promise.all([
      process.env['VELTRIX_TEST_POSTGRES_URL'] || postgres(),
      process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] || temporal(),
    ]);
    const name = process.env['VELTRIX_TEST_TEMPLATE'] || (await makeTemplate(postgresUrl));
    const environment = {
      VELTRIX_TEST_POSTGRES_URL: postgresUrl,
      VELTRIX_TEST_TEMPLATE: name,
      VELTRIX_TEST_TEMPORAL_ADDRESS: address,
    };
    return { environment, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Where the data of a run goes. Every suite clones a database, which is a thousand files to make: 16 ms of a processor
 * in memory, and 380 ms on a disk with a journal.
 */
function placeOfData(): string {
  try {
    const { bavail, bsize } = statfsSync(memory.folder);
    if (bavail * bsize >= memory.leastBytes) return memory.folder;
  } catch {
    // There is no such folder here.
  }
  return tmpdir();
}

/** Makes the template anew. On a server that stays, runs at the same time each have their own. */
async function makeTemplate(adminUrl: string): Promise<string> {
  const name = process.env['VELTRIX_TEST_POSTGRES_URL'] ? `${template}_${process.pid}` : template;
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`drop database if exists ${name}`);
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const migrate = fileURLToPath(new URL('../src/migrate.js', import.meta.url));
  await promisify(execFile)(process.execPath, [migrate], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url.href },
  });
  return name;
}
