/*
 * The second oracle, of value. It is naive: each statement reads everything there is and answers the type and the
 * subject of what is wrong. It is a reading of the guide of its own, and shares nothing with src/reconciliation.
 */

/** Every deal: what it is, and whether it is done, has ended without that, or goes on. */
const deals = `deals as (
  select 'trd_' || id as id, 'trd' as kind, title,
    case when state = 'settled' then 'done' when closed_at is null then 'open'
    else 'ended' end as now, false as money from trades.trades
  union all select 'pur_' || id, 'pur', title,
    case when state = 'completed' then 'done' when closed_at is null then 'open'
    else 'ended' end, pay ? 'currency' from purchases.purchases
  union all select 'rfd_' || id, 'rfd', title,
    case when state = 'succeeded' then 'done' when closed_at is null then 'open'
    else 'ended' end, pay ? 'currency' from refunds.refunds)`;

/** What each deal says that it gives: amounts to an owner, counted below zero where they leave one. */
const promised = `legs as (
  select 'trd_' || t.id as deal, 'player:' || (p->>'player') as src,
    'player:' || (t.parties->(2 - place::int)->>'player') as dst, a->>'asset' as asset,
    (a->>'amount')::numeric as amount
  from trades.trades t cross join jsonb_array_elements(t.parties) with ordinality o (p, place)
  cross join jsonb_array_elements(p->'gives'->'amounts') a
  union all
  select 'pur_' || id, case when pay ? 'currency' then 'system:mint' else 'player:' || player end,
    case when pay ? 'currency' then 'system:clearing:' || (pay->>'provider') else 'system:store' end,
    coalesce(pay->>'currency', pay->>'asset'), (pay->>'amount')::numeric
  from purchases.purchases where (pay->>'amount')::numeric > 0
  union all
  select 'pur_' || p.id, 'system:mint', 'player:' || player, a->>'asset', (a->>'amount')::numeric
  from purchases.purchases p cross join jsonb_array_elements(content->'amounts') a
  union all
  select 'rfd_' || id, case when pay ? 'currency' then 'system:clearing:' || (pay->>'provider') else 'system:store' end,
    case when pay ? 'currency' then 'system:mint' else 'player:' || player end,
    coalesce(pay->>'currency', pay->>'asset'), amount
  from refunds.refunds where found is null and reverses is null
  union all
  select 'rfd_' || r.id, 'player:' || player, 'system:mint', a->>'asset', (a->>'amount')::numeric
  from refunds.refunds r cross join jsonb_array_elements(takes->'amounts') a where reverses is null
  union all
  select 'rfd_' || r.id, a->>'from', a->>'to', a->>'asset', (a->>'amount')::numeric
  from refunds.refunds r cross join jsonb_array_elements(legs) a where reverses is not null
), promised as (
  select deal, owner, asset, sum(amount) as amount
  from (select deal, dst as owner, asset, amount from legs union all select deal, src, asset, -amount from legs) s
  group by deal, owner, asset having sum(amount) <> 0
)`;

/** What the ledger has booked for a deal. */
const booked = `booked as (
  select t.reference as deal, a.owner, a.asset, sum(e.amount) as amount
  from ledger.transfers t join ledger.entries e on e.transfer_id = t.id join ledger.accounts a on a.id = e.account_id
  where t.reason = 'exchange' and t.kind in ('exchange', 'paid') group by 1, 2, 3 having sum(e.amount) <> 0
), transfers as (
  select reference as deal, count(*) as times from ledger.transfers
  where reason = 'exchange' and kind in ('exchange', 'paid') group by 1
)`;

const ofDeals = `with ${deals}, ${promised}, ${booked}
  select case when not t.times is null and t.times > 1 then 11
    when d.money and d.kind = 'pur' and t.times is null then 10
    else 31 end as type, d.id as subject
  from deals d left join transfers t on t.deal = d.id
  where d.now = 'done' and exists (
    select from (select * from promised where deal = d.id) p
    full join (select * from booked where deal = d.id) b on (p.owner, p.asset) = (b.owner, b.asset)
    where p.amount is distinct from b.amount)
  union
  select case when d.money and d.kind = 'pur' then 9 else 31 end, d.id from deals d join transfers t on t.deal = d.id
  where d.now = 'ended' and not (d.money and d.id in (select id from payments.payments))
  union
  select case when t.reference like 'pur%' then 9 else 31 end, 'trf_' || t.id from ledger.transfers t
  where t.reason = 'exchange' and not exists (select from deals where id = t.reference)
  union
  select 31, d.id from deals d join transfers t on t.deal = d.id where d.now = 'done' and not exists (
    select from ledger.outcomes o where o.title = d.title and o.key = 'exchange/' || d.id and o.state = 'posted')`;

/** The instances that a deal says that it hands over. What was missing is not. */
const handed = `handed as (
  select 'trd_' || t.id as deal, substr(i, 5)::uuid as instance
  from trades.trades t cross join jsonb_array_elements(t.parties) p
  cross join jsonb_array_elements_text(p->'gives'->'items') i
  union all
  select 'pur_' || p.id, substr(i, 5)::uuid
  from purchases.purchases p cross join jsonb_array_elements(content->'items') c
  cross join jsonb_array_elements_text(c->'instances') i
  union all
  select 'rfd_' || r.id, substr(i->>'instance', 5)::uuid
  from refunds.refunds r cross join jsonb_array_elements(takes->'items') i
  where not exists (select from inventory.holds h where h.exchange = 'rfd_' || r.id and h.missing ? (i->>'instance'))
)`;

const ofItems = `with ${deals}, ${handed}, moved as (
    select cause as deal, instance, count(*) as times from inventory.movements
    where kind in ('mint', 'move') group by 1, 2)
  select case when d.money and d.kind = 'pur' then 10 else 31 end as type, d.id as subject
  from deals d join handed h on h.deal = d.id left join moved m on (m.deal, m.instance) = (h.deal, h.instance)
  where d.now = 'done' and m.times is null
  union select 11, d.id from deals d join moved m on m.deal = d.id where d.now = 'done' and m.times > 1
  union
  select 11, d.id from deals d join moved m on m.deal = d.id
  left join handed h on (h.deal, h.instance) = (m.deal, m.instance)
  where d.kind = 'pur' and h.instance is null
  union select case when d.money and d.kind = 'pur' then 9 else 31 end, d.id
  from deals d join moved m on m.deal = d.id
  where d.now = 'ended' and not (d.money and d.id in (select id from payments.payments))
  union
  select 12, d.id from deals d join inventory.holds h on h.exchange = d.id where d.now <> 'open' and h.state = 'held'
  union
  select 31, h.exchange from inventory.holds h where not exists (select from deals where id = h.exchange)
  union
  select 31, m.cause from inventory.movements m join inventory.holds h on h.exchange = m.cause
  cross join jsonb_array_elements(h.moves || coalesce(h.mints, '[]')) e
  where m.kind in ('mint', 'move') and e->>'instance' = 'ins_' || m.instance and e->>'to' <> m.to_owner
  union
  select 31, 'ins_' || m.instance from moved m join deals d on d.id = m.deal
  left join inventory.holds h on h.exchange = m.deal
  where (h.exchange is null or not (h.moves || coalesce(h.mints, '[]')) @>
      jsonb_build_array(jsonb_build_object('instance', 'ins_' || m.instance)))
    and not (d.kind = 'pur' and h.exchange is not null)
  union
  select 31, d.id from deals d join handed x on x.deal = d.id where d.now = 'done'
    and not exists (select from inventory.holds h where h.exchange = d.id)`;

const ofTime = ['trades', 'purchases', 'refunds'].map(
  (schema, place) => `select 30 as type, '${['trd', 'pur', 'rfd'][place]}_' || o.id as subject
   from ${schema}.open o join ${schema}.${schema} d on d.id = o.id
   where d.closed_at is null and coalesce(o.waits_until, o.created_at) < now() - interval '15 minutes'`,
);

const ofBooks = [
  `with chained as (
     select account_id, version, posted, row_number() over w as place, sum(amount) over w as sum
     from ledger.entries window w as (partition by account_id order by version)
   ), ends as (select account_id, count(*) as entries, sum(amount) as sum from ledger.entries group by 1)
   select 31 as type, a.owner as subject from ledger.accounts a left join ends e on e.account_id = a.id
   where a.version <> coalesce(e.entries, 0) or a.credits_posted - a.debits_posted <> coalesce(e.sum, 0)
     or exists (select from chained c where c.account_id = a.id and (c.version <> c.place or c.posted <> c.sum))`,
  `select 31 as type, 'system:mint' as subject from ledger.accounts group by title, asset
   having sum(credits_posted - debits_posted) <> 0`,
  `select 31 as type, 'trf_' || t.id as subject from ledger.transfers t
   where not exists (select from ledger.entries e where e.transfer_id = t.id)
     or exists (select from ledger.entries e join ledger.accounts a on a.id = e.account_id where e.transfer_id = t.id
       group by a.asset having sum(e.amount) <> 0)`,
  `with chained as (
     select m.*, row_number() over w as place, lag(to_owner) over w as before
     from inventory.movements m window w as (partition by instance order by version)
   )
   select 31 as type, 'ins_' || i.id as subject from inventory.instances i
   where exists (select from chained c where c.instance = i.id and (c.version <> c.place
       or (c.place = 1) <> (c.kind = 'mint') or c.place > 1 and c.from_owner is distinct from c.before))
     or i.version <> (select count(*) from inventory.movements m where m.instance = i.id)
     or i.state <> 'burned' and i.owner <> (
       select to_owner from inventory.movements m where m.instance = i.id order by version desc limit 1)
     or i.state = 'held' and not exists (
       select from inventory.holds h where h.exchange = i.hold_exchange and h.state = 'held')`,
];

const ofCounters = [
  `select 35 as type, coalesce(s.product, p.product) as subject
   from purchases.sales s full join (
     select title, product, sum(quantity) as sold from purchases.purchases p
     where state not in ('refused', 'compensated', 'declined', 'cancelled', 'expired')
       and id not in (select purchase from purchases.restocked) group by 1, 2
   ) p on (p.title, p.product) = (s.title, s.product)
   where coalesce(s.sold, 0) <> coalesce(p.sold, 0)`,
  `select 35 as type, 'pur_' || coalesce(t.purchase, r.purchase) as subject
   from refunds.totals t full join (
     select purchase,
       sum(case when state <> 'succeeded' then 0 when reverses is null then amount else -amount end) as sum
     from refunds.refunds group by 1
   ) r on r.purchase = t.purchase where t.purchase is null or t.refunded <> coalesce(r.sum, 0)`,
  `select 35 as type, i.code as subject from inventory.items i
   where minting_limit is not null and issued <> (
     select count(*) from inventory.instances n where (n.title, n.item) = (i.title, i.code))
   union
   select 35, t.item from inventory.tallies t group by t.title, t.item
   having sum(minted) <> (select count(*) from inventory.instances n where (n.title, n.item) = (t.title, t.item))`,
  `with said as (
     select account_id, day, flow, sum(amount) as amount from ledger.mint_totals group by 1, 2, 3), done as (
     select e.account_id, (t.created_at at time zone 'utc')::date as day,
       case when e.amount < 0 then 'faucet' else 'sink' end as flow, sum(abs(e.amount)) as amount
     from ledger.entries e join ledger.transfers t on t.id = e.transfer_id
     join ledger.accounts a on a.id = e.account_id and a.owner = 'system:mint' group by 1, 2, 3)
   select 35 as type, 'system:mint' as subject from said full join done using (account_id, day, flow)
   where said.amount is distinct from done.amount`,
];

/** The statements of the oracle that are not of payments. */
export const valueOracle: readonly string[] = [ofDeals, ofItems, ...ofTime, ...ofBooks, ...ofCounters];
