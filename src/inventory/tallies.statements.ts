import type { EntityManager } from 'typeorm';

/** An instance that is made or ended, by what it is. */
interface OfItem {
  title: string;
  item: string;
}

/**
 * Over how many rows the tally of an item is spread, so that connections that mint the same item seldom meet. There are
 * more where others hold rows.
 */
const shards = 32;

/** The row of a connection, if nobody holds it. Its sources are tried one after the other. */
const freeShard = `coalesce(
  (select g.own where not exists (
    select from inventory.tallies t where t.title = g.title and t.item = g.item and t.shard = g.own)),
  (select shard from inventory.tallies t where t.title = g.title and t.item = g.item and t.shard = g.own
    for no key update skip locked),
  (select shard from inventory.tallies t where t.title = g.title and t.item = g.item
    limit 1 for no key update skip locked),
  (select max(shard) + 1 from inventory.tallies t where t.title = g.title and t.item = g.item))`;

/**
 * Adds to how many instances of their items were ever minted and burned. Each connection adds to rows of its own as far
 * as there are enough, because an item without a limit is locked by nobody. Where somebody holds that row it adds to
 * another one, or makes one, so that it waits for no stranger. Rows are taken in ascending order, after every other
 * lock, so that who has one waits for no more than another one.
 */
export async function writeTallies(
  tx: EntityManager,
  minted: readonly OfItem[],
  burned: readonly OfItem[] = [],
): Promise<void> {
  const all = [...minted, ...burned];
  if (all.length === 0) return;
  await tx.query(
    `insert into inventory.tallies (title, item, shard, minted, burned)
     select title, item, ${freeShard}, minted, burned from (
       select title, item, pg_backend_pid() % ${shards} as own,
         count(*) filter (where n <= $3) as minted, count(*) filter (where n > $3) as burned
       from unnest($1::text[], $2::text[]) with ordinality as g(title, item, n)
       group by title, item) g
     order by title collate "C", item collate "C"
     on conflict (title, item, shard) do update
       set minted = tallies.minted + excluded.minted, burned = tallies.burned + excluded.burned`,
    [all.map(({ title }) => title), all.map(({ item }) => item), minted.length],
  );
}
