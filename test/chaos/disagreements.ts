/** Each query answers one row for every place where the books do not agree with themselves. */
export const disagreements: readonly [what: string, query: string][] = [
  [
    'the balances of an asset do not sum to zero',
    `select title || ' ' || asset as where from ledger.accounts group by title, asset
     having sum(credits_posted - debits_posted) <> 0`,
  ],
  [
    'a transfer does not sum to zero',
    'select sequence as where from ledger.entries group by sequence having sum(amount) <> 0',
  ],
  [
    'an entry is on an account of another title than its transfer',
    `select t.id as where from ledger.entries e join ledger.transfers t on t.id = e.transfer_id
     join ledger.accounts a on a.id = e.account_id where a.title <> t.title`,
  ],
  [
    'what a player owes is not what their debts and payments make',
    `select title || ' ' || owner || ' ' || asset as where from ledger.accounts a where owner like 'player:%'
     and greatest(debits_posted - credits_posted, 0)
       <> (select coalesce(sum(amount), 0) from ledger.debts where account_id = a.id)
        - (select coalesce(sum(amount), 0) from ledger.debt_payments where account_id = a.id)`,
  ],
  ['a hold is open', `select exchange as where from inventory.holds where state = 'held'`],
  ['an instance is held', `select id as where from inventory.instances where state = 'held'`],
  ['a trade is open', 'select id as where from trades.trades where closed_at is null'],
  ['a purchase is open', 'select id as where from purchases.purchases where closed_at is null'],
  ['a refund is open', 'select id as where from refunds.refunds where closed_at is null'],
  [
    'a refund waits for a person',
    `select id || ' ' || parked_code as where from payments.refunds where parked_code is not null`,
  ],
  [
    'a refund has another end at the provider than its deal',
    `select coalesce(p.id, 'rfd_' || d.id) as where from refunds.refunds d
     full join payments.refunds p on 'rfd_' || d.id = p.id
     where d.id is null
       or (d.pay ? 'currency') and d.found is null
          and (d.state = 'succeeded') <> (p.state is not distinct from 'succeeded')
       or not ((d.pay ? 'currency') and d.found is null) and p.id is not null
       or p.state not in ('succeeded', 'failed', 'canceled')`,
  ],
  [
    'a payment has given back another sum than its refunds and what has moved without our asking',
    `select id as where from payments.payments p where returned
       <> (select coalesce(sum(amount), 0) from payments.refunds where payment = p.id and state = 'succeeded')
        + (select coalesce(sum(counted), 0) from payments.outside_movements where payment = p.id)`,
  ],
  [
    'the totals of a purchase are not those of its refunds',
    `select t.purchase as where from refunds.totals t where promised <> 0 or refunded
       <> (select coalesce(sum(case when to_jsonb(r)->>'reverses' is null then amount else -amount end), 0)
             from refunds.refunds r where r.purchase = t.purchase and r.state = 'succeeded')`,
  ],
  [
    'what has moved without our asking is not told once',
    `select m.reference as where from payments.outside_movements m where kind <> 'dispute-fee'
       and (select count(*) from payments.facts f where f.title = m.title and f.data->>'reference' = m.reference
         and f.subject = coalesce(m.dispute, m.payment) and f.type = case m.kind
           when 'outside-refund' then 'payment.refunded-outside'
           when 'outside-refund-failed' then 'payment.outside-refund-failed'
           when 'dispute' then 'dispute.withdrawn' when 'dispute-reinstated' then 'dispute.reinstated' end) <> 1`,
  ],
  [
    'what was named at the provider waits for a person',
    `select kind || ' ' || about || ' ' || parked as where from payments.outside_looks where parked is not null`,
  ],
  [
    'a payment has not come to an end',
    `select id || ' ' || state as where from payments.payments where state not in ('captured', 'cancelled')`,
  ],
  [
    'a payment waits for a person',
    `select id || ' ' || parked_code as where from payments.payments where parked_code is not null`,
  ],
  [
    'a payment has another end than its purchase',
    `select p.id as where from payments.payments p left join purchases.purchases d on 'pur_' || d.id = p.id
     where d.id is null or (p.state = 'captured') <> (d.state = 'completed')`,
  ],
  [
    'a call was made again under another key for nothing',
    `select o.key as where from payments.operations o join payments.operations b
       on b.payment = o.payment and b.kind = o.kind and b.seq = o.seq - 1
         and b.refund is not distinct from o.refund and b.orphan is not distinct from o.orphan
     where not b.stored_error and b.state <> 'failed'`,
  ],
  [
    'a movement is not told once as it was made',
    `select m.instance as where from inventory.movements m join inventory.instances i on i.id = m.instance
     left join inventory.facts o on o.subject = 'ins_' || m.instance and (o.data->>'version')::bigint = m.version
       and o.title = i.title and o.data->>'to' is not distinct from m.to_owner and o.data->>'cause' = m.cause
       and (m.kind <> 'mint' or o.data->>'serial' is not distinct from i.serial::text)
       and o.type = 'instance.' || case m.kind
         when 'mint' then 'minted' when 'hold' then 'held' when 'move' then 'moved'
         when 'release' then 'released' else 'burned' end
     group by m.instance, m.version having count(o.id) <> 1`,
  ],
  [
    'a movement is told that was not made',
    `select subject as where from inventory.facts where type like 'instance.%' and not exists (
       select from inventory.movements where 'ins_' || instance = subject and version = (data->>'version')::bigint)`,
  ],
  [
    'a transfer is told that was not booked',
    `select subject as where from ledger.facts where type = 'transfer.posted'
     and not exists (select from ledger.transfers where 'trf_' || id = subject and ledger.facts.title = title)`,
  ],
  [
    'a trade is told as it is not',
    `select f.subject as where from trades.facts f left join trades.trades t on 'trd_' || t.id = f.subject
     where t.id is null or t.title <> f.title or f.type not in ('trade.accepted', 'trade.' || t.state)
       or f.type = 'trade.accepted' and f.data->'parties' is distinct from t.parties
       or f.type <> 'trade.accepted' and f.data->'reason'->>'code' is distinct from t.reason_code`,
  ],
  [
    'a purchase is told as it is not',
    `select f.subject as where from purchases.facts f left join purchases.purchases t on 'pur_' || t.id = f.subject
     where t.id is null or t.title <> f.title or f.type not in ('purchase.accepted', 'purchase.' || t.state)
       or f.type = 'purchase.accepted' and (f.data->'content' is distinct from t.content
         or f.data->'pay' is distinct from t.pay or f.data->>'player' is distinct from t.player
         or f.data->>'product' is distinct from t.product or f.data->>'quantity' is distinct from t.quantity::text)
       or f.type <> 'purchase.accepted' and f.data->'reason'->>'code' is distinct from t.reason_code`,
  ],
  [
    'a refund is told as it is not',
    `select f.subject as where from refunds.facts f left join refunds.refunds t on 'rfd_' || t.id = f.subject
     where t.id is null or t.title <> f.title or f.type not in ('refund.accepted', 'refund.' || t.state)
       or f.type = 'refund.accepted' and (f.data->'takes' is distinct from t.takes
         or f.data->'pay' is distinct from t.pay or f.data->>'player' is distinct from t.player
         or f.data->>'purchase' is distinct from 'pur_' || t.purchase
         or f.data->>'amount' is distinct from t.amount::text)
       or f.type <> 'refund.accepted' and f.data->'reason'->>'code' is distinct from t.reason_code`,
  ],
  [
    'a transfer stands under no key',
    `select id as where from ledger.transfers t
     where not exists (select from ledger.outcomes where transfer_id = t.id)`,
  ],
];
