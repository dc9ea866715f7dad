import type { DataSource } from 'typeorm';
import type { Config } from '../process/config.js';
import {
  databaseUrl,
  databases,
  makeDataSource,
  type DatabaseName,
  type Databases,
  type PoolOptions,
} from './data-sources.js';

/** The pools of one use beside work. An answer that comes later than they wait for is of no use to anybody. */
const pools = {
  health: { connections: 1, statementMs: 1_500, connectMs: 1_500 },
  metrics: { connections: 2, statementMs: 5_000, connectMs: 5_000 },
} satisfies Record<string, PoolOptions>;

export type OwnUse = keyof typeof pools;

/** How many connections all uses beside work take of a database, in each process. */
export const ownConnections = Object.values(pools).reduce((sum, { connections }) => sum + connections, 0);

/**
 * Opens the connections of one use, one pool for all databases of one URL.
 * @param processName `api` or `worker`
 * @throws what PostgreSQL throws
 */
export async function openOwnPools(config: Config, processName: string, use: OwnUse): Promise<Databases> {
  const byUrl = new Map<string, Promise<DataSource>>();
  const opened = databases.map(async (name): Promise<[DatabaseName, DataSource]> => {
    const url = databaseUrl(config, name);
    let source = byUrl.get(url);
    if (source === undefined)
      byUrl.set(url, (source = makeDataSource(config, name, `${processName} ${use}`, pools[use]).initialize()));
    return [name, await source];
  });
  return Object.fromEntries(await Promise.all(opened)) as Record<DatabaseName, DataSource>;
}
