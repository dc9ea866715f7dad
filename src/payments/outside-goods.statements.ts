import type { EntityManager } from 'typeorm';
import type { MovedForGoods } from './outside.types.js';

/* The movements of money with which goods have to follow. */

interface GoodsRow extends Omit<MovedForGoods, 'counted' | 'away'> {
  counted: string;
  away: string;
}

/**
 * Takes movements whose goods have not followed. Of each payment it is the first one: what a later one comes to depends
 * on the goods of those before. What is taken is due again in a minute.
 */
export async function takeGoodsDue(manager: EntityManager, limit: number): Promise<MovedForGoods[]> {
  const rows = await manager.query<GoodsRow[]>(
    `with due as (
       select id from payments.outside_movements m
       where goods_due_at <= clock_timestamp() and not exists (
         select from payments.outside_movements e
         where e.payment = m.payment and e.id < m.id and e.goods_due_at is not null)
       order by goods_due_at limit $1 for no key update skip locked
     ), taken as (
       update payments.outside_movements m set goods_due_at = clock_timestamp() + interval '1 minute'
       from due where m.id = due.id
       returning m.id, m.title, m.provider, m.payment, m.kind, m.reference, m.dispute, m.counted, m.created_at
     )
     select t.id as movement, t.title, t.provider, t.payment, t.kind, t.reference,
       coalesce(t.dispute, t.reference) as about, t.counted, 
       t.created_at < now() - interval '1 hour' as "isLate",
       (select sum(m.counted) from payments.outside_movements m
        where m.payment = t.payment and coalesce(m.dispute, m.reference) = coalesce(t.dispute, t.reference)
          and m.id <= t.id) as away
     from taken t order by t.id`,
    [limit],
  );
  return rows.map(({ counted, away, ...row }) => ({ ...row, counted: BigInt(counted), away: BigInt(away) }));
}

/** Says that the goods of movements have followed. */
export async function endGoods(manager: EntityManager, ids: readonly string[]): Promise<void> {
  await manager.query(
    `update payments.outside_movements set goods_due_at = null
     where id = any($1::bigint[]) and goods_due_at is not null`,
    [ids],
  );
}

/** How long ago the oldest movement was found whose goods have not followed, in seconds; 0 where there is none. */
export async function oldestGoods(manager: Pick<EntityManager, 'query'>): Promise<number> {
  const [row] = await manager.query<[{ seconds: number }]>(
    `select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as seconds
     from payments.outside_movements where goods_due_at is not null`,
  );
  return row.seconds;
}
