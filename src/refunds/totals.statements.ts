import type { EntityManager } from 'typeorm';
import { lockedHow } from '../postgres/held-rows.js';
import type { Takes, Totals } from './refunds.types.js';

/*
 * What is refunded of each purchase. The row of a purchase is the lock for all that is decided about its refunds. Rows
 * are locked in one order for everybody, and before the refunds' own rows.
 */

/** The totals of a purchase that has no refund. */
export const noTotals: Totals = { version: 0, promised: 0n, refunded: 0n, reversing: 0n, taken: [] };

/**
 * The totals of a purchase, and what the refunds that count take. All of it is of one moment. It locks nothing.
 * @param purchase the UUID in its id
 */
export async function readTotals(manager: EntityManager, title: string, purchase: string): Promise<Totals> {
  const [row] = await manager.query<
    { version: string; promised: string; refunded: string; reversing: string; taken: Takes[] }[]
  >(
    `select version, promised, refunded, reversing,
       coalesce((select jsonb_agg(r.takes) from refunds.refunds r
         where r.title = t.title and r.purchase = t.purchase and r.counts and r.reverses is null and not exists (
           select from refunds.refunds b
           where b.reverses = r.id and b.counts and b.state = 'succeeded')), '[]') as taken
     from refunds.totals t where purchase = $2 and title = $1`,
    [title, purchase],
  );
  if (row === undefined) return noTotals;
  return {
    version: Number(row.version),
    promised: BigInt(row.promised),
    refunded: BigInt(row.refunded),
    reversing: BigInt(row.reversing),
    taken: row.taken,
  };
}

/** Makes the rows of purchases that have none. It comes before every lock, so nobody waits in a circle. */
export async function makeTotals(
  tx: EntityManager,
  purchases: readonly { purchase: string; title: string; paid: string }[],
): Promise<void> {
  await tx.query(
    `insert into refunds.totals (purchase, title, paid)
     select * from unnest($1::uuid[], $2::text[], $3::bigint[]) as g (purchase, title, paid)
     order by purchase on conflict do nothing`,
    [purchases.map(({ purchase }) => purchase), purchases.map(({ title }) => title), purchases.map(({ paid }) => paid)],
  );
}

/** Locks the totals of these purchases. @returns their versions by the UUIDs of the purchases */
export async function lockTotals(tx: EntityManager, purchases: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.query<{ purchase: string; version: string }[]>(
    `select purchase, version from refunds.totals where purchase = any($1::uuid[])
     order by purchase for no key update`,
    [purchases],
  );
  return new Map(rows.map(({ purchase, version }) => [purchase, Number(version)]));
}

/** Which of these purchases have totals that somebody holds now; see FindHeld. */
export async function findHeldTotals(
  manager: EntityManager,
  purchases: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const rows = await manager.query<{ purchase: string }[]>(
    `with free as (
       select purchase from refunds.totals where purchase = any($1::uuid[]) for no key update ${lockedHow(waits)})
     select purchase from refunds.totals where purchase = any($1::uuid[]) except select purchase from free`,
    [purchases],
  );
  return rows.map(({ purchase }) => purchase);
}

/** Which of these refunds are of purchases whose totals somebody holds now; see FindHeld. */
export async function findRefundsOfHeldTotals(
  manager: EntityManager,
  refunds: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const held = await findHeldTotals(manager, await readPurchases(manager, refunds), waits);
  const rows = await manager.query<{ id: string }[]>(
    'select id from refunds.refunds where id = any($1::uuid[]) and purchase = any($2::uuid[])',
    [refunds, held],
  );
  return rows.map(({ id }) => id);
}

/** The purchases of refunds, each once, by the UUIDs of both. */
export async function readPurchases(tx: EntityManager, refunds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ purchase: string }[]>(
    'select distinct purchase from refunds.refunds where id = any($1::uuid[])',
    [refunds],
  );
  return rows.map(({ purchase }) => purchase);
}

/**
 * The sums of refunds by their purchases, for the statements that change totals: of those that give back, and of those
 * that take back what others have given.
 */
const sums = `(select purchase, count(*) as many, coalesce(sum(amount) filter (where reverses is null), 0) as given,
    coalesce(sum(amount) filter (where reverses is not null), 0) as reversed
  from refunds.refunds where id = any($1::uuid[]) group by purchase)`;

/** Promises what refunds will give back that were accepted just now. The totals are locked. */
export async function addPromised(tx: EntityManager, refunds: readonly string[]): Promise<void> {
  await tx.query(
    `update refunds.totals t set promised = promised + g.given, reversing = reversing + g.reversed,
       version = version + g.many
     from ${sums} g where t.purchase = g.purchase`,
    [refunds],
  );
}

/** Takes back what refunds have promised that were closed just now without having succeeded. */
export async function takeBackPromised(tx: EntityManager, refunds: readonly string[]): Promise<void> {
  await tx.query(
    `update refunds.totals t set promised = promised - g.given, reversing = reversing - g.reversed,
       version = version + g.many
     from ${sums} g where t.purchase = g.purchase`,
    [refunds],
  );
}

/**
 * Counts what refunds have given back that have succeeded just now.
 * @returns the purchases that are refunded as a whole now, and all of whose refunds ask for restocking
 */
export async function addRefunded(tx: EntityManager, refunds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ purchase: string }[]>(
    `with whole as (
       update refunds.totals t set promised = promised - g.given, refunded = refunded + g.given - g.reversed,
         reversing = reversing - g.reversed, version = version + (case when g.reversed > 0 then g.many else 0 end)
       from ${sums} g where t.purchase = g.purchase
       returning t.purchase, t.title, t.refunded = t.paid as whole
     )
     select w.purchase from whole w
     where w.whole and (select bool_and(r.restock) from refunds.refunds r
       where r.title = w.title and r.purchase = w.purchase and r.counts and r.reverses is null and not exists (
         select from refunds.refunds b where b.reverses = r.id and b.counts and b.state = 'succeeded'))`,
    [refunds],
  );
  return rows.map(({ purchase }) => purchase);
}
