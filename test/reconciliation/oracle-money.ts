/*
 * The second oracle, of real money: what the provider says, against the payments, the purchases and the ledger. It is
 * naive, and a reading of the guide of its own.
 */

const told = (kind: string, columns: string): string => `(
  select id, title, provider, made_at, payout, about, before, ${columns} from reconciliation.provider_objects
  where kind = '${kind}')`;

const intents = `intents as ${told(
  'payment_intent',
  `body->>'status' as status, (body->>'received')::numeric as received, body->>'currency' as currency,
   body->>'purchase' as purchase, body->>'foreign' as other, body->>'charge' as charge`,
)}`;
const charges = `charges as ${told(
  'charge',
  `body->>'intent' as intent, body->>'transaction' as transaction, (body->>'captured')::numeric as captured,
   to_timestamp((body->>'captureBefore')::numeric) as until`,
)}`;
const refunds = `given as ${told(
  'refund',
  `body->>'status' as status, (body->>'amount')::numeric as amount, body->>'intent' as intent,
   body->>'refund' as refund`,
)}`;
const disputes = `disputed as ${told('dispute', `body->>'status' as status, body->>'intent' as intent`)}`;
const transactions = `moved as ${told(
  'balance_transaction',
  `body->>'type' as type, (body->>'amount')::numeric as amount, (body->>'fee')::numeric as fee,
   body->>'source' as source`,
)}`;
const purchases = `bought as (
  select 'pur_' || id as id, state, closed_at is null as goes_on, state = 'completed' as done
  from purchases.purchases)`;

/** What the ledger has booked on clearing accounts, with the key under which it did. */
const booked = `booked as (
  select t.id, t.reason, t.reference, t.created_at, o.key, a.asset, sum(e.amount) as amount
  from ledger.transfers t join ledger.entries e on e.transfer_id = t.id
  join ledger.accounts a on a.id = e.account_id and a.owner like 'system:clearing:%'
  left join ledger.outcomes o on o.transfer_id = t.id
  group by 1, 2, 3, 4, 5, 6)`;

const withAll = `with ${[intents, charges, refunds, disputes, transactions, purchases, booked].join(', ')}`;

/** Whether something of what was captured on an intent is left. */
const isKept = `i.received > (
  select coalesce(sum(g.amount), 0) from given g where g.intent = i.id and g.status not in ('failed', 'canceled'))`;

const ofCaptures = [
  `select 1 as type, b.id as subject from bought b join intents i on i.purchase = b.id
   where i.status = 'succeeded' and b.goes_on and i.made_at < now() - interval '15 minutes'`,
  `select 2 as type, b.id as subject from bought b join intents i on i.purchase = b.id
   where i.status = 'succeeded' and not b.goes_on and not b.done and ${isKept}`,
  `select 3 as type, i.id as subject from intents i
   where i.status = 'succeeded' and i.purchase is not null and i.purchase not in (select id from bought)`,
  `select 4 as type, p.id as subject from payments.payments p
   where p.state = 'captured' and not exists (select from intents i where i.id = p.reference or i.purchase = p.id)`,
  `select 5 as type, p.id as subject from payments.payments p join intents i on i.id = p.reference
   where i.status <> 'succeeded' and exists (select from booked b where b.reference = p.id and b.reason = 'exchange')`,
  `select 6 as type, b.id as subject from bought b join intents i on i.purchase = b.id
   where i.status = 'succeeded' group by b.id having count(*) > 1`,
  `select case when i.currency <> b.asset then 8 else 7 end as type, p.id as subject
   from payments.payments p join intents i on i.id = p.reference and i.status = 'succeeded'
   join booked b on b.reference = p.id and b.reason = 'exchange' where (i.currency, i.received) <> (b.asset, b.amount)`,
  `select 9 as type, b.id as subject from bought b join payments.payments p on p.id = b.id
   where not b.done
     and not exists (select from intents i where i.purchase = b.id and i.status = 'succeeded' and ${isKept})
     and (exists (select from inventory.holds h where h.exchange = b.id and h.state = 'moved') or exists (
       select from ledger.transfers t join ledger.entries e on e.transfer_id = t.id
       join ledger.accounts a on a.id = e.account_id
       where t.reference = b.id and t.reason = 'exchange' and a.owner like 'player:%' and e.amount > 0))`,
  `select 13 as type, b.id as subject from bought b join intents i on i.purchase = b.id
   where i.status = 'requires_capture' and not b.goes_on`,
  `select 14 as type, b.id as subject
   from bought b join intents i on i.purchase = b.id join charges c on c.intent = i.id
   where i.status = 'requires_capture' and b.goes_on and c.until < now() + interval '1 day'
     and c.made_at < now() - interval '15 minutes'`,
  `select 21 as type, p.id as subject from payments.payments p
   where p.state = 'captured' and p.captured > 0 and p.created_at < now() - interval '1 day'
     and (select coalesce(sum(m.fee), 0) from intents i join charges c on c.intent = i.id
       join moved m on m.source = c.id and m.type in ('charge', 'payment') where i.purchase = p.id)
     <> (select coalesce(-sum(b.amount), 0) from booked b where b.reference = p.id and b.reason in ('fee', 'late-fee')
       and b.key is not null)
     and exists (select from intents i where i.purchase = p.id)`,
];

const ofReturns = [
  `select 15 as type,
     coalesce(g.refund, (select r.id from payments.refunds r where r.reference = g.id), g.id) as subject
   from given g join payments.payments p on p.reference = g.intent
   where g.status = 'succeeded' and not exists (
     select from booked b left join payments.refunds r on r.id = b.reference
     where b.key in ('outside-refund/' || g.id, 'late-refund/' || g.intent) and b.reference = p.id
       or b.key = 'exchange/' || b.reference and (b.reference = g.refund or r.reference = g.id))`,
  `select 16 as type, substr(key, 16) as subject from booked
   where key like 'outside-refund/%' and substr(key, 16) not in (select id from given)
   union select 16, r.id from payments.refunds r join booked b on b.key = 'exchange/' || r.id
   where r.reference not in (select id from given)`,
  `select 17 as type, g.id as subject from given g
   where g.status in ('failed', 'canceled') and 'outside-refund-failed/' || g.id not in (
       select key from booked where key is not null)
     and ('outside-refund/' || g.id in (select key from booked) or exists (
       select from payments.refunds r join booked b on b.key = 'exchange/' || r.id where r.reference = g.id))`,
  `select 7 as type, g.id as subject from given g
   where g.status = 'succeeded' and g.amount <> (select -sum(b.amount) from booked b
     where b.key = 'outside-refund/' || g.id or exists (
       select from payments.refunds r where r.reference = g.id and b.key = 'exchange/' || r.id))`,
  `select 18 as type, p.id as subject from payments.payments p join intents i on i.id = p.reference
   where i.received > 0 and i.received < (
     select sum(amount) from given g where g.intent = i.id and g.status = 'succeeded')`,
  `select 19 as type, d.id as subject from disputed d join intents i on i.id = d.intent
   where i.purchase is not null and d.id not in (select reference from payments.disputes)`,
  `select case when w.is_fee then 21 when b.id is null then 19 else 7 end as type, w.id as subject
   from (
     select t->>'id' as id, p.id as purchase, v.* from reconciliation.provider_objects o
     join payments.payments p on p.reference = o.body->>'intent' join intents i on i.id = p.reference
     join payments.disputes k on k.reference = o.id
     cross join jsonb_array_elements(o.body->'transactions') t
     cross join lateral (values
       (case when t->>'amount' like '-%' then 'dispute' else 'dispute-reinstated' end, (t->>'amount')::numeric, false),
       ('dispute-fee', -(t->>'fee')::numeric, true)) v (kind, wanted, is_fee)
     where o.kind = 'dispute' and v.wanted <> 0) w
   left join booked b on b.key = w.kind || '/' || w.id and b.reference = w.purchase
   where b.amount is distinct from w.wanted`,
  `select 20 as type, d.id as subject from disputed d join payments.disputes k on k.reference = d.id
   where d.status in ('won', 'lost', 'prevented', 'warning_closed') and k.closed_at is null
     and k.updated_at < now() - interval '15 minutes'`,
];

const ofOthers = [
  `select 22 as type, i.charge as subject from intents i
   where i.status = 'succeeded' and i.purchase is null and i.other is null
   union
   select 22, m.id from moved m where m.type in ('charge', 'payment', 'refund', 'payment_refund', 'adjustment')
     and m.source is not null and not exists (select from reconciliation.provider_objects o where o.id = m.source)`,
  `select 23 as type, 'trf_' || b.id as subject from booked b
   where b.created_at < now() - interval '15 minutes'
     and (b.reference not in (select id from payments.payments union select id from payments.refunds)
       or b.key is null and not exists (
         select from booked o where o.key is not null
           and (o.reason, o.reference, o.asset, o.amount) = (b.reason, b.reference, b.asset, b.amount)))`,
  `select 25 as type, p.id as subject
   from (select id, (body->>'amount')::numeric as amount from reconciliation.provider_objects where kind = 'payout') p
   where p.amount <> (select sum(amount - fee) from moved m where m.payout = p.id and m.type <> 'payout')`,
  `select 26 as type, 'system:clearing:' || i.provider as subject
   from intents i join charges c on c.id = i.charge join moved m on m.id = c.transaction
   where i.status = 'succeeded' and m.amount <> c.captured
   group by i.title, i.provider having sum(m.amount - c.captured) <> 0`,
  `select 27 as type, b.reference as subject from booked b
   where b.reason like 'outside-refund%' and b.reference in (select id from payments.payments)
     and not exists (select from payments.outside_movements m where b.key = m.kind || '/' || m.reference)
     and exists (select from booked o where o.reference = b.reference and o.reason = b.reason and o.id <> b.id)`,
  `select 28 as type, coalesce(refund, payment) as subject from payments.operations
   where state = 'unknown' and first_sent_at < now() - interval '1 day'`,
  `select 29 as type, coalesce(p.id, l.about) as subject
   from payments.outside_looks l left join payments.payments p on p.reference = l.about
   where l.due_at < now() - interval '15 minutes'`,
  `select 32 as type, id as subject from reconciliation.provider_objects where before is not null and before <> body`,
  `select 33 as type, id as subject from moved where type not in ('charge', 'payment', 'refund', 'payment_refund',
     'refund_failure', 'payment_failure_refund', 'adjustment', 'payout', 'payout_failure', 'payout_cancel',
     'stripe_fee', 'application_fee', 'transfer', 'topup', 'contribution', 'advance', 'advance_funding')`,
];

/** The statements of the oracle that are of payments. */
export const moneyOracle: readonly string[] = [...ofCaptures, ...ofReturns, ...ofOthers].map(
  (sql) => `${withAll} ${sql}`,
);
