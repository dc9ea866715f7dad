import { title } from './histories-value.js';

/*
 * What the provider says of a history. It is told from the purchases alone, and never read from what is kept of them.
 */

/** One record of each purchase for which a condition is true. */
function objects(kind: string, id: string, where: string, body: string, about: string, hours = 0): string {
  return `insert into reconciliation.provider_objects (title, provider, kind, id, version, settled, body, purchase,
     about, made_at, first_seen)
   select '${title}', 'stripe', '${kind}', id, encode(sha256(body::text::bytea), 'hex'),
     case when body->>'status' in ('requires_action', 'canceled') then null
       else encode(sha256(body::text::bytea), 'hex') end,
     body, body->>'purchase', about, at + ${hours} * interval '1 hour', 'rec_earlier'
   from (select ${id} as id, ${body} as body, ${about} as about, at from hist_money where ${where}) o`;
}

const key = `'title', '${title}', 'purchase', deal, 'foreign', null`;

function transaction(id: string, where: string, [type, amount, fee]: [string, number, number], source: string): string {
  const body = `jsonb_build_object('type', '${type}', 'amount', '${amount}', 'fee', '${fee}', 'currency', 'EUR',
    'source', ${source})`;
  return objects('balance_transaction', id, where, body, source, 1);
}

function refunds(where: string, letter: string, amount: number, ours: string): string {
  return objects(
    'refund',
    `'re_${letter}' || n`,
    where,
    `jsonb_build_object('status', 'succeeded', 'amount', '${amount}', 'currency', 'EUR', 'intent', intent,
       'charge', charge, 'transaction', 'txn_${letter}' || n, 'title', ${ours === 'null' ? 'null' : `'${title}'`},
       'purchase', ${ours === 'null' ? 'null' : 'deal'}, 'refund', ${ours}, 'foreign', null)`,
    'intent',
    6,
  );
}

const part = (
  id: string,
  amount: number,
  fee: number,
): string => `jsonb_build_object('id', ${id}, 'amount', '${amount}',
  'fee', '${fee}', 'currency', 'EUR', 'created', extract(epoch from at + interval '6 hours')::bigint)`;

const records = [
  objects(
    'payment_intent',
    'intent',
    'true',
    `jsonb_build_object('status', case class when 9 then 'canceled' when 11 then 'requires_action' else 'succeeded' end,
       'amount', '499', 'received', case when captured then '499' else '0' end, 'capturable', '0', 'currency', 'EUR',
       'charge', case when captured then charge end, ${key})`,
    'null::text',
  ),
  objects(
    'charge',
    'charge',
    'captured',
    `jsonb_build_object('status', 'succeeded', 'amount', '499', 'captured', '499', 'currency', 'EUR', 'intent', intent,
       'transaction', moved, 'captureBefore', extract(epoch from at + interval '7 days')::bigint, ${key})`,
    'intent',
  ),
  transaction('moved', 'captured', ['charge', 499, 32], 'charge'),
  refunds('class = 5', 'r', 200, `'rfd_' || pg_temp.uid(5, n, at)`),
  transaction(`'txn_r' || n`, 'class = 5', ['refund', -200, 0], `'re_r' || n`),
  refunds('class = 6', 'o', 100, 'null'),
  transaction(`'txn_o' || n`, 'class = 6', ['refund', -100, 0], `'re_o' || n`),
  objects(
    'dispute',
    `'dp_' || n`,
    'class in (7, 8)',
    `jsonb_build_object('status', case class when 7 then 'lost' else 'won' end, 'amount', '499', 'currency', 'EUR',
       'intent', intent, 'charge', charge, 'transactions', case class when 7 then
         jsonb_build_array(${part(`'txn_d' || n`, -499, 1500)})
         else jsonb_build_array(${part(`'txn_d' || n`, -499, 1500)}, ${part(`'txn_w' || n`, 499, 0)}) end)`,
    'intent',
    6,
  ),
  transaction(`'txn_d' || n`, 'class in (7, 8)', ['adjustment', -499, 1500], `'dp_' || n`),
  transaction(`'txn_w' || n`, 'class = 8', ['adjustment', 499, 0], `'dp_' || n`),
];

/** Every payout has what moved for 60 purchases. What moved for the last ones is not paid out yet. */
const payouts = [
  `create temp table hist_payouts as
   select 'po_' || (n - 1) / 60 as id, max(at) + interval '1 day' as at, array_agg(t.id) as contents,
     sum((t.body->>'amount')::bigint - (t.body->>'fee')::bigint) as amount
   from hist_money m
   join reconciliation.provider_objects t on t.kind = 'balance_transaction'
     and t.id in (m.moved, 'txn_r' || n, 'txn_o' || n, 'txn_d' || n, 'txn_w' || n)
   where class <> 11 and n <= (select max(n) from hist_money) - 60 group by (n - 1) / 60`,
  `insert into reconciliation.provider_objects (title, provider, kind, id, version, settled, body, about, payout,
     made_at, first_seen)
   select '${title}', 'stripe', kind, o.id, encode(sha256(body::text::bytea), 'hex'),
     encode(sha256(body::text::bytea), 'hex'), body, about, payout, at, 'rec_earlier'
   from hist_payouts p cross join lateral (values
     ('payout', p.id, null, null, jsonb_build_object('status', 'paid', 'amount', amount::text, 'currency', 'EUR',
       'automatic', true, 'contents', 'completed', 'transaction', 'txn_' || p.id)),
     ('balance_transaction', 'txn_' || p.id, p.id, p.id, jsonb_build_object('type', 'payout', 'amount',
       (-amount)::text, 'fee', '0', 'currency', 'EUR', 'source', p.id))) o (kind, id, about, payout, body)`,
  `update reconciliation.provider_objects o set payout = p.id from hist_payouts p
   where o.kind = 'balance_transaction' and o.id = any(p.contents)`,
];

/** The lists of the account, in the words of the import. */
export const lists = [
  'payment_intents',
  'charges',
  'refunds',
  'disputes',
  'balance_transactions',
  'payouts',
  'payout_contents',
];

/** The statements that make what the provider says. */
export const providerStatements: readonly string[] = [...records, ...payouts];
