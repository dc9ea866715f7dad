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
    'a player owes',
    `select owner as where from ledger.accounts where owner like 'player:%' and credits_posted - debits_posted < 0`,
  ],
  ['a hold is open', `select exchange as where from inventory.holds where state = 'held'`],
  ['an instance is held', `select id as where from inventory.instances where state = 'held'`],
  ['a trade is open', 'select id as where from trades.trades where closed_at is null'],
  ['a purchase is open', 'select id as where from purchases.purchases where closed_at is null'],
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
    'a transfer stands under no key',
    `select id as where from ledger.transfers t
     where not exists (select from ledger.outcomes where transfer_id = t.id)`,
  ],
];
