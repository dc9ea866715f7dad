import type { Look } from '../checks.types.js';
import type { HoldRow } from './holds.rules.js';

/**
 * Reads holds in the order of their deals, in one snapshot, with those of their instances that were not moved as the
 * hold says. Those that the run is not about are among them, and say so.
 */
export async function readHolds({ read, run }: Look, ids: readonly string[]): Promise<HoldRow[]> {
  return read.inventory.query<HoldRow>(
    `with part as materialized (select * from inventory.holds where exchange = any($2::text[])),
    named as (
      select exchange, state, 'move' as kind, (m->>'instance') as instance, m->>'from' as holder, m->>'to' as receiver,
        null as item
      from part, jsonb_array_elements(moves) m where $1::text is null or title = $1
      union all
      select exchange, state, 'mint', m->>'instance', m->>'to', m->>'to', m->>'item'
      from part, jsonb_array_elements(mints) m where $1::text is null or title = $1),
    seen as materialized (
      select m.instance, m.cause, m.kind
      from (select distinct substr(instance, 5)::uuid as id from named) g
      cross join lateral (select instance, cause, kind from inventory.movements
        where instance = g.id and kind in ('mint', 'move') offset 0) m
      where m.cause in (select exchange from part)),
    placed as (
      select n.*, i.item as item_of, i.hold_exchange,
        s.instance is not null as is_given
      from named n left join inventory.instances i on i.id = substr(n.instance, 5)::uuid
      left join (select distinct instance, cause, kind from seen) s
        on s.instance = substr(n.instance, 5)::uuid and s.cause = n.exchange and s.kind = n.kind),
    wrong as (
      select exchange, json_agg(json_build_object('instance', instance, 'holder', holder, 'receiver', receiver,
        'item', coalesce(item, item_of), 'isGiven', is_given)) as wrong
      from placed
      where case state when 'moved' then not is_given when 'ended-by-hand' then false
        when 'held' then is_given or kind = 'move' and hold_exchange is distinct from exchange else is_given end
      group by exchange),
    held as (
      select exchange, (array_agg(holder order by kind desc))[1] as holder,
        (array_agg(coalesce(item, item_of) order by kind desc))[1] as item, count(*)::int as many
      from placed where state = 'held' group by exchange)
    select p.exchange, p.title, p.state, p.created_at, ($1::text is null or p.title = $1) as seen,
      coalesce(w.wrong, '[]') as wrong, h.holder, h.item, coalesce(h.many, 0) as many
    from part p left join wrong w on w.exchange = p.exchange left join held h on h.exchange = p.exchange
    order by p.exchange`,
    [run.title, ids],
  );
}
