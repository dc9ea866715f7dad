import { expect } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Move } from '../../contracts/nouns.js';
import { loadConfig } from '../../src/process/config.js';
import { newId } from '../../src/ids.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { ItemsService } from '../../src/inventory/items.service.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { createDatabase } from '../harness/database.js';
import { countDeadlocks } from '../harness/deadlocks.js';
import { patient } from '../harness/meeting.js';

export const title = 'arena';

/** A migrated database of a test's own, with the inventory's services on it. */
export interface InventoryDatabase {
  dataSource: DataSource;
  inventory: InventoryService;
  items: ItemsService;
  /** A session beside the service's pool, to hold locks and to look from outside. */
  session: pg.Client;
  /** Closes everything, after it has seen that PostgreSQL never had to end a deadlock. */
  close(): Promise<void>;
}

/** Opens a database with two items: `sword`, and `relic`, which is not tradeable. */
export async function openInventory(): Promise<InventoryDatabase> {
  const database = await createDatabase();
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '12',
  });
  const dataSource = await makeDataSource(config, 'inventory', 'test', patient).initialize();
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const items = new ItemsService(dataSource);
  await items.put({ title, code: 'sword', name: 'Sword', tradeable: true, limit: null, retired: false });
  await items.put({ title, code: 'relic', name: 'Relic', tradeable: false, limit: null, retired: false });
  return {
    dataSource,
    inventory: new InventoryService(dataSource),
    items,
    session,
    async close() {
      await dataSource.destroy();
      const deadlocks = await countDeadlocks(session);
      await session.end();
      await database.drop();
      expect(deadlocks).toBe(0);
    },
  };
}

/** Mints so many instances for an owner and answers their ids. */
export async function mintFor(db: InventoryDatabase, owner: string, count: number, item = 'sword'): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('ins'));
  const outcomes = await db.inventory.mint(
    ids.map((id) => ({ title, key: id, fingerprint: 'f', id, item, owner, reason: 'test' })),
  );
  expect(outcomes.every((outcome) => outcome.outcome === 'done')).toBe(true);
  return ids;
}

/** Moves of these instances from ann to bob. */
export function annToBob(...instances: string[]): Move[] {
  return instances.map((instance) => ({ instance, from: 'player:ann', to: 'player:bob' }));
}

/** Waits until so many of the service's statements wait for a lock, so that a test can decide who comes first. */
export async function untilWaiting(db: InventoryDatabase, count: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    // Within a transaction, which the session that holds the locks is in, a first look would be shown again and again.
    await db.session.query('select pg_stat_clear_snapshot()');
    const { rows } = await db.session.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows[0]?.waiting === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`There were never ${count} statements waiting for a lock.`);
}

/**
 * Starts commands one after the other, each when the ones before it wait, while a session of our own has run `gate`,
 * which must make them wait. Then undoes the gate, which lets them all go at once.
 */
export async function meeting<T>(db: InventoryDatabase, gate: string, commands: (() => Promise<T>)[]): Promise<T[]> {
  await db.session.query('begin');
  await db.session.query(gate);
  const running: Promise<T>[] = [];
  for (const command of commands) {
    running.push(command());
    await untilWaiting(db, running.length);
  }
  await db.session.query('rollback');
  return Promise.all(running);
}

/** Queries that find something only if the books are wrong. */
const mistakes = {
  'a version without its movement': `
    select i.id from inventory.instances i left join inventory.movements m on m.instance = i.id
    group by i.id having count(m.*) <> i.version or min(m.version) <> 1 or max(m.version) <> i.version`,
  'a movement that does not begin where the last one ended': `
    select instance, version from (
      select *, lag(to_owner) over (partition by instance order by version) as before from inventory.movements) m
    where (kind = 'mint') <> (version = 1) or from_owner is distinct from before`,
  'an instance whose owner or state is not that of its last movement': `
    select i.id from inventory.instances i join inventory.movements m on m.instance = i.id and m.version = i.version
    where i.owner <> coalesce(m.to_owner, m.from_owner)
      or i.state <> case m.kind when 'hold' then 'held' when 'burn' then 'burned' else 'owned' end`,
  'an open hold and a held instance that do not know each other': `
    select * from (select id, hold_exchange from inventory.instances where state = 'held') i
    full join (
      select exchange, substr(m->>'instance', 5)::uuid as instance
      from inventory.holds, jsonb_array_elements(moves) m where state = 'held') h
      on h.exchange = i.hold_exchange and h.instance = i.id
    where h.exchange is null or i.id is null`,
  'a limited item whose counts are not those of its instances and open holds': `
    select title, code from inventory.items t
    where issued <> (select count(*) from inventory.instances i
        where (i.title, i.item) = (t.title, t.code) and t.minting_limit is not null)
      or reserved <> (select count(*) from inventory.holds h, jsonb_array_elements(h.mints) m
        where h.state = 'held' and h.title = t.title and m->>'item' = t.code and t.minting_limit is not null)`,
  'an instance whose serial is none, or one too many': `
    select i.id from inventory.instances i join inventory.items t on (t.title, t.code) = (i.title, i.item)
    where (i.serial is null) <> (t.minting_limit is null) or i.serial > t.issued`,
  'a hold whose mints are not made, or are made and it has not moved': `
    select exchange from inventory.holds h, jsonb_array_elements(h.mints) m
    left join inventory.movements v on v.instance = substr(m->>'instance', 5)::uuid and v.version = 1
    where h.state <> 'ended-by-hand' and (h.state = 'moved') <> (v.cause is not distinct from h.exchange)`,
  'tallies that are not what the movements say': `
    select * from (
      select title, item, sum(minted) as minted, sum(burned) as burned from inventory.tallies group by title, item) t
    full join (
      select i.title, i.item, count(*) filter (where m.kind = 'mint') as minted,
        count(*) filter (where m.kind = 'burn') as burned
      from inventory.movements m join inventory.instances i on i.id = m.instance group by i.title, i.item) m
      using (title, item)
    where (t.minted, t.burned) is distinct from (m.minted, m.burned)`,
  'a movement without its fact': `
    select * from (select 'ins_' || instance as subject, version from inventory.movements) m
    full join (
      select subject, (data->>'version')::bigint as version from inventory.facts where type like 'instance.%') f
      using (subject, version)
    group by subject, version having count(*) <> 1 or bool_or(m is null) or bool_or(f is null)`,
};

/** Holds the whole database to what must be true whenever nothing is running. */
export async function expectBooksInOrder(db: InventoryDatabase): Promise<void> {
  for (const [mistake, sql] of Object.entries(mistakes)) {
    const { rows } = await db.session.query(sql);
    expect({ [mistake]: rows }).toEqual({ [mistake]: [] });
  }
}
