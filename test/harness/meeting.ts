import type pg from 'pg';

/**
 * Waits until so many statements of the session's database wait for a lock, so that a test can decide who comes first.
 */
export async function untilWaiting(session: pg.Client, count: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    // Within a transaction, which the session that holds the locks is in, a first look would be shown again and again.
    await session.query('select pg_stat_clear_snapshot()');
    const { rows } = await session.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows[0]?.waiting === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`There were never ${count} statements waiting for a lock.`);
}

/**
 * Starts commands one after the other, each when the ones before it wait, while the session has run `gate`, which must
 * make them wait. Then undoes the gate, which lets them all go at once.
 */
export async function meeting<T>(session: pg.Client, gate: string, commands: (() => Promise<T>)[]): Promise<T[]> {
  await session.query('begin');
  await session.query(gate);
  const running: Promise<T>[] = [];
  for (const command of commands) {
    running.push(command());
    await untilWaiting(session, running.length);
  }
  await session.query('rollback');
  return Promise.all(running);
}

/** The pool of a service whose commands a test has wait for each other, for as long as it likes. */
export const patient = { lockMs: 0 };
