import type { EntityManager } from 'typeorm';
import { lockedHow } from '../postgres/held-rows.js';

/**
 * Which of these deals have rows that somebody holds now; see FindHeld.
 * @param tables the table of the deals, and that of the open ones
 * @returns the UUIDs of the deals
 */
export async function findHeldDeals(
  manager: EntityManager,
  tables: { deals: string; open: string },
  uuids: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const among = (table: string, lock = ''): string => `(select id from ${table} where id = any($1::uuid[]) ${lock})`;
  const free = (table: string): string => among(table, `for no key update ${lockedHow(waits)}`);
  const rows = await manager.query<{ id: string }[]>(
    `with free as ${free(tables.deals)}, free_open as ${free(tables.open)}
     (select id from ${among(tables.deals)} d except select id from free)
     union (select id from ${among(tables.open)} o except select id from free_open)`,
    [uuids],
  );
  return rows.map(({ id }) => id);
}
