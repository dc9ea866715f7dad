import { title } from './histories-value.js';

/*
 * The ledger and the inventory of a history, from what was collected of it: every balance follows from the legs in
 * their order, and every instance from its movements.
 */

const largest = '999999999999999999';

const ledger = [
  `create temp table hist_ordered as select t.*, row_number() over (order by ord) as sequence from hist_transfers t`,
  `insert into ledger.transfers (id, sequence, title, kind, reason, reference, created_at)
   select id, sequence, '${title}', kind, reason, reference, at from hist_ordered`,
  `insert into ledger.outcomes (title, key, state, transfer_id, created_at)
   select '${title}', key, 'posted', id, at from hist_ordered`,
  `create temp table hist_sides as
   select o.id, o.sequence, o.at, o.reason, l.leg, l.asset, l.src as owner, -l.amount as amount
   from hist_ordered o join hist_legs l using (id)
   union all select o.id, o.sequence, o.at, o.reason, l.leg, l.asset, l.dst, l.amount
   from hist_ordered o join hist_legs l using (id)`,
  `insert into ledger.accounts (title, owner, asset, debits_posted, credits_posted, debt_limit, min_available, version)
   select '${title}', owner, asset, debits, credits, debt, least(-debt, credits - debits), version
   from (
     select owner, asset, coalesce(sum(-amount) filter (where amount < 0), 0) as debits,
       coalesce(sum(amount) filter (where amount > 0), 0) as credits, count(*) as version,
       case when owner = 'system:mint' then ${largest} else 0 end::numeric as debt
     from hist_sides group by owner, asset order by min(sequence), owner
   ) s`,
  `insert into ledger.entries (account_id, version, transfer_id, sequence, leg, amount, posted, available)
   select account, version, id, sequence, leg, amount, posted, posted
   from (
     select a.id as account, s.id, s.sequence, s.leg, s.amount, row_number() over account as version,
       sum(s.amount) over account as posted
     from hist_sides s join ledger.accounts a on a.title = '${title}' and a.owner = s.owner and a.asset = s.asset
     window account as (partition by a.id order by s.sequence, s.leg * 2 + (s.amount > 0)::int)
   ) e`,
  `insert into ledger.mint_totals (account_id, day, flow, reason, amount)
   select a.id, (s.at at time zone 'utc')::date, case when s.amount < 0 then 'faucet' else 'sink' end, s.reason,
     sum(abs(s.amount))
   from hist_sides s join ledger.accounts a on a.title = '${title}' and a.owner = s.owner and a.asset = s.asset
   where s.owner = 'system:mint' group by 1, 2, 3, 4`,
];

const inventory = [
  `insert into inventory.movements (instance, version, kind, from_owner, to_owner, cause, created_at)
   select instance, place, kind, src, dst, cause, at from hist_moves`,
  `insert into inventory.instances (id, title, item, owner, state, hold_exchange, properties, serial, version,
     created_at, updated_at)
   select instance, '${title}', item, dst, case when kind = 'hold' then 'held' else 'owned' end,
     case when kind = 'hold' then cause end, '{}', case when item = 'crown' then
       row_number() over (partition by item order by instance) end, place, minted, at
   from (
     select distinct on (m.instance) m.*, f.at as minted
     from hist_moves m join hist_moves f on f.instance = m.instance and f.place = 1
     order by m.instance, m.place desc
   ) last`,
  `insert into inventory.tallies (title, item, shard, minted, burned)
   select '${title}', item, 0, count(*) filter (where kind = 'mint'), count(*) filter (where kind = 'burn')
   from hist_moves group by item`,
  `update inventory.items i set issued = (
     select count(*) from inventory.instances n where n.title = i.title and n.item = i.code)
   where minting_limit is not null`,
  `update inventory.items i set reserved = (
     select count(*) from inventory.holds h cross join jsonb_array_elements(h.mints) m
     where h.title = i.title and h.state = 'held' and m->>'item' = i.code)
   where minting_limit is not null`,
  `insert into purchases.sales (title, product, sold)
   select title, product, sum(quantity) from purchases.purchases p
   where counts and not exists (select from purchases.restocked r where r.purchase = p.id) group by title, product`,
];

/** The statements that write the books of what was collected. */
export const booksStatements: readonly string[] = [...ledger, ...inventory, 'analyze'];
