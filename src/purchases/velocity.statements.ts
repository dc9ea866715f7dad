import type { EntityManager } from 'typeorm';
import { counterKey, type Counted, type Counter } from './velocity.rules.js';

/*
 * The counts of purchases in real money. A count is one row. When its period is over, the row begins the next period.
 * The counts are locked in the same order by every process, after the products, so that two processes never both sell
 * the last purchase that a limit allows.
 */

const order = 'title collate "C", period, player collate "C", currency collate "C"';

/**
 * Locks counts, makes those that are missing, and begins a new period for those whose period is over.
 * @returns each count once, in no order, with the seconds until its period ends
 */
export async function lockCounts(tx: EntityManager, counters: readonly Counter[]): Promise<Counted[]> {
  if (counters.length === 0) return [];
  const rows = await tx.query<(Counter & { used: string; seconds_left: number })[]>(
    `insert into purchases.velocity as v (title, period, player, currency, since)
     select title, period, player, currency, date_trunc(period, now(), 'UTC')
     from (select distinct * from unnest($1::text[], $2::text[], $3::text[], $4::text[])
       as g (title, period, player, currency)) g
     order by ${order}
     on conflict (title, period, player, currency) do update
       set since = greatest(v.since, excluded.since), used = case when v.since < excluded.since then 0 else v.used end
     returning title, period, player, currency, used,
       ceil(extract(epoch from since + ('1 ' || period)::interval - clock_timestamp()))::float8 as seconds_left`,
    parametersOf(counters),
  );
  return rows.map(({ used, seconds_left: secondsLeft, ...counter }) => ({
    ...counter,
    used: BigInt(used),
    secondsLeft,
  }));
}

/** Adds to counts that are locked. Several shares of one count are added together. */
export async function addCounts(tx: EntityManager, shares: readonly (Counter & { adds: bigint })[]): Promise<void> {
  if (shares.length === 0) return;
  const sums = new Map<string, Counter & { adds: bigint }>();
  for (const share of shares) {
    const key = counterKey(share);
    sums.set(key, { ...share, adds: (sums.get(key)?.adds ?? 0n) + share.adds });
  }
  const all = [...sums.values()];
  await tx.query(
    `update purchases.velocity v set used = v.used + g.adds
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
       as g (title, period, player, currency, adds)
     where v.title = g.title and v.period = g.period and v.player = g.player and v.currency = g.currency`,
    [...parametersOf(all), all.map(({ adds }) => String(adds))],
  );
}

function parametersOf(counters: readonly Counter[]): string[][] {
  return [
    counters.map(({ title }) => title),
    counters.map(({ period }) => period),
    counters.map(({ player }) => player),
    counters.map(({ currency }) => currency),
  ];
}
