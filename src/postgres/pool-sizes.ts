import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { ConfigError, type Config } from '../process/config.js';
import { readConnectionString } from '../process/connection-string.js';
import { databaseUrl, databases, type Databases } from './data-sources.js';
import { ownConnections } from './own-pools.js';
import { isPooled } from './sessions.js';

/** One API and one worker. Whoever runs more of them divides by hand, since no process knows of the others. */
const processes = 2;

const usable = `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true)::int, 0) as usable`;

/**
 * Asserts that the pools of an API and a worker have room on each database server, which would otherwise refuse
 * connections only once the load is high. A connection pooler opens as many sessions as it was told to, whatever the
 * pools take.
 * @throws ConfigError with the first server that has too few connections
 */
export async function checkPoolSizes(config: Config, dataSources: Databases): Promise<void> {
  const urls = databases.map((name) => databaseUrl(config, name));
  const servers = urls.map(serverOf);
  for (const [index, name] of databases.entries()) {
    if (await isPooler(dataSources[name])) continue;
    const server = servers[index];
    const pools = servers.filter((other) => other === server).length;
    const [row] = await dataSources[name].query<[{ usable: number }]>(usable);
    const own = ownConnections * new Set(urls.filter((_, other) => servers[other] === server)).size;
    const wanted = processes * (pools * config.DATABASE_POOL_SIZE + own);
    if (wanted <= row.usable) continue;
    const sum = `${processes} processes × (${pools} pools × ${config.DATABASE_POOL_SIZE} + ${own}) = ${wanted}`;
    throw new ConfigError(
      `PostgreSQL at ${server} has ${row.usable} connections, and Veltrix can take ${sum}: ` +
        'make DATABASE_POOL_SIZE smaller or max_connections larger.',
    );
  }
}

async function isPooler(dataSource: DataSource): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    return isPooled((await runner.connect()) as Client);
  } finally {
    await runner.release();
  }
}

function serverOf(url: string): string {
  const { host, port = 5432 } = readConnectionString(url);
  return `${host || 'localhost'}:${port}`;
}
