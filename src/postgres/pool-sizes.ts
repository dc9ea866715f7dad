import { parseIntoClientConfig } from 'pg-connection-string';
import { ConfigError, type Config } from '../process/config.js';
import { databaseUrl, databases, type Databases } from './data-sources.js';

/** One API and one worker. Whoever runs more of them divides by hand, since no process knows of the others. */
const processes = 2;

const usable = `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true)::int, 0) as usable`;

/**
 * Asserts that the pools of an API and a worker have room on each database server, which would otherwise refuse
 * connections only once the load is high.
 * @throws ConfigError with the first server that has too few connections
 */
export async function checkPoolSizes(config: Config, dataSources: Databases): Promise<void> {
  const servers = databases.map((name) => serverOf(databaseUrl(config, name)));
  for (const [index, name] of databases.entries()) {
    const server = servers[index];
    const pools = servers.filter((other) => other === server).length;
    const [row] = await dataSources[name].query<[{ usable: number }]>(usable);
    const wanted = pools * processes * config.DATABASE_POOL_SIZE;
    if (wanted <= row.usable) continue;
    const sum = `${pools} pools × ${processes} processes × ${config.DATABASE_POOL_SIZE} = ${wanted}`;
    throw new ConfigError(
      `PostgreSQL at ${server} has ${row.usable} connections, and the pools can take ${sum}: ` +
        'make DATABASE_POOL_SIZE smaller or max_connections larger.',
    );
  }
}

function serverOf(url: string): string {
  const { host, port = 5432 } = parseIntoClientConfig(url);
  return `${host || 'localhost'}:${port}`;
}
