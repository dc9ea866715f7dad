import type pg from 'pg';

/**
 * How often PostgreSQL had to end a deadlock in the session's database. A session hands in its statistics as it ends,
 * and a pool does not wait for that; so all others must have been told to end, and are waited for here.
 */
export async function countDeadlocks(session: pg.Client): Promise<number> {
  const others = `select from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;
  for (let tries = 0; ((await session.query(others)).rowCount ?? 0) > 0; tries++) {
    if (tries === 500) throw new Error('The sessions of the database did not end.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { rows } = await session.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return Number(rows[0]?.deadlocks);
}
