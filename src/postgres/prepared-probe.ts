import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { ConfigError } from '../process/config.js';
import { databases, type Databases } from './data-sources.js';
import { isStaleStatement } from './sql-errors.js';

/** The turns of two connections. No even change of sessions gives each of them what it needs in all of its turns. */
const turns = [0, 1, 0, 0, 1, 1, 0, 1, 1, 0];

/**
 * Asserts that what a connection prepares is there in its next transaction. A connection pooler that hands sessions
 * from transaction to transaction has to see to it.
 * @throws ConfigError with the first database where it is not
 */
export async function checkPreparedStatements(dataSources: Databases): Promise<void> {
  for (const name of databases) {
    const runners = [dataSources[name].createQueryRunner(), dataSources[name].createQueryRunner()];
    try {
      const clients = await Promise.all(runners.map((runner) => runner.connect() as Promise<Client>));
      const unique = `veltrix_${randomBytes(8).toString('hex')}`;
      // The name of both is taken where they meet in one session. A name of its own is missing in any other one.
      for (const turn of turns)
        for (const prepared of [`${unique}_${turn}`, unique])
          await clients[turn]?.query({ name: prepared, text: 'select $1::int', values: [1] });
    } catch (error) {
      if (!isStaleStatement(error)) throw error;
      throw new ConfigError(
        `A connection pooler between Veltrix and its database ${name} does not keep prepared statements: ` +
          'PgBouncer does from 1.21 on, with max_prepared_statements = 200; ' +
          'see "Behind PgBouncer" in docs/operations.md.',
      );
    } finally {
      for (const runner of runners) await runner.release();
    }
  }
}
