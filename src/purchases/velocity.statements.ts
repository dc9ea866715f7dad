import type { EntityManager } from 'typeorm';
import { lockedHow } from '../postgres/held-rows.js';
import { addSoldText, lockSalesText, parametersOf, soldParameters, type Product } from './sales.statements.js';
import { productKey } from './sales.rules.js';
import { counterKey, type Counted, type Counter } from './velocity.rules.js';

/*
 * The counts of purchases in real money. A count is one row. When its period is over, the row begins the next period.
 * The counts are locked in the same order by every process, after the products, so that two processes never both sell
 * the last purchase that a limit allows. One statement does both, because every buyer waits for each statement.
 */

const order = 'title collate "C", period, player collate "C", currency collate "C"';

/** What is decided by, locked. */
export interface LockedCounts {
  /** The time of this transaction, which is that of its purchases. */
  now: Date;
  /** How many were sold, by `productKey`. A product without a row is missing. */
  sold: Map<string, number>;
  /** Each count once, in no order. */
  counted: Counted[];
}

/**
 * Locks the rows of these products, and then these counts. Counts that are missing are made. Those whose period is over
 * begin a new one.
 */
export async function lockSalesAndCounts(
  tx: EntityManager,
  products: readonly Product[],
  counters: readonly Counter[],
): Promise<LockedCounts> {
  type Row = [
    { now: Date; sold: (Product & { sold: string })[]; counted: (Omit<Counted, 'used'> & { used: string })[] },
  ];
  // The counts are made of what `sold` has come to, so the products are locked first.
  const [row] = await tx.query<Row>(
    `with sold as materialized (${lockSalesText}), counted as (
       insert into purchases.velocity as v (title, period, player, currency, since)
       select title, period, player, currency, date_trunc(period, now(), 'UTC')
       from (select distinct * from unnest($3::text[], $4::text[], $5::text[], $6::text[])
         as g (title, period, player, currency)) g
       where (select count(*) from sold) >= 0
       order by ${order}
       on conflict (title, period, player, currency) do update
         set since = greatest(v.since, excluded.since), used = case when v.since < excluded.since then 0 else v.used end
       returning title, period, player, currency, used,
         ceil(extract(epoch from since + ('1 ' || period)::interval - clock_timestamp())) as seconds_left)
     select now() as now,
       (select coalesce(json_agg(json_build_object('title', title, 'product', product, 'sold', sold::text)), '[]')
        from sold) as sold,
       (select coalesce(json_agg(json_build_object('title', title, 'period', period, 'player', player,
          'currency', currency, 'used', used::text, 'secondsLeft', seconds_left)), '[]')
        from counted) as counted`,
    [...parametersOf(products), ...countersAsParameters(counters)],
  );
  return {
    now: row.now,
    sold: new Map(row.sold.map((one) => [productKey(one), Number(one.sold)])),
    counted: row.counted.map((one) => ({ ...one, used: BigInt(one.used) })),
  };
}

/**
 * Adds to what was sold of products, and to counts, all of which are locked. Several shares of one count are added
 * together.
 */
export async function addSoldAndCounts(
  tx: EntityManager,
  sold: readonly (Product & { quantity: number })[],
  shares: readonly (Counter & { adds: bigint })[],
): Promise<void> {
  if (sold.length === 0) return;
  const sums = new Map<string, Counter & { adds: bigint }>();
  for (const share of shares) {
    const key = counterKey(share);
    sums.set(key, { ...share, adds: (sums.get(key)?.adds ?? 0n) + share.adds });
  }
  const all = [...sums.values()];
  await tx.query(
    `with sold as (${addSoldText})
     update purchases.velocity v set used = v.used + g.adds
     from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
       as g (title, period, player, currency, adds)
     where v.title = g.title and v.period = g.period and v.player = g.player and v.currency = g.currency`,
    [...soldParameters(sold), ...countersAsParameters(all), all.map(({ adds }) => String(adds))],
  );
}

/** Which of these counts have rows that somebody holds now; see FindHeld. */
export async function findHeldCounts(
  manager: EntityManager,
  counters: readonly Counter[],
  waits: boolean,
): Promise<Counter[]> {
  return manager.query<Counter[]>(
    `with asked as (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])
       as asked (title, period, player, currency)),
     free as (
       select title, period, player, currency from purchases.velocity
       where (title, period, player, currency) in (select * from asked)
       for no key update ${lockedHow(waits)})
     select title, period, player, currency from purchases.velocity
     where (title, period, player, currency) in (select * from asked)
     except select title, period, player, currency from free`,
    countersAsParameters(counters),
  );
}

function countersAsParameters(counters: readonly Counter[]): string[][] {
  return [
    counters.map(({ title }) => title),
    counters.map(({ period }) => period),
    counters.map(({ player }) => player),
    counters.map(({ currency }) => currency),
  ];
}
