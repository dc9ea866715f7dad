import { title, type Size } from './histories-value.js';

/*
 * Purchases in real money with all that can follow. By the number modulo 12: 5 is refunded in part by us, 6 in part
 * from the dashboard, 7 is disputed and lost, 8 is disputed and won, 9 was declined, 11 waits for its buyer, and all
 * others stay as they are. Each costs 4.99 EUR, of which the provider keeps 0.32.
 */

const pay = `'{"currency":"EUR","amount":"499","provider":"stripe"}'::jsonb`;

function purchases(count: number, players: number, waiting: boolean): string[] {
  // Where nobody is to wait, those who would are like the tenth.
  const of = waiting ? 'n % 12' : 'least(n % 12, 10)';
  return [
    `create temp table hist_money as
     select n, ${of} as class, at, pg_temp.uid(3, n, at) as id, 'pur_' || pg_temp.uid(3, n, at) as deal,
       'p' || n % ${players} as player, pg_temp.uid(10, n, at) as instance, 'pi_' || n as intent, 'ch_' || n as charge,
       'txn_c' || n as moved, ${of} not in (9, 11) as captured,
       case ${of} when 9 then 'declined' when 11 then 'requires_action' else 'completed' end as state
     from generate_series(1, ${count}) n
     cross join lateral (select case when ${of} = 11 then now() - interval '5 minutes' + n * interval '1 millisecond'
       else pg_temp.start() + interval '10 days' + n * interval '1 day' / ${count} end as at) t`,
    `insert into purchases.purchases (id, title, key, fingerprint, state, reason_code, reason_detail, player, product,
       version, quantity, pay, content, created_at, closed_at)
     select id, '${title}', deal, 'f', state, case when class = 9 then 'payment-declined' end,
       case when class = 9 then 'The card was declined.' end, player, 'chest', 1, 1, ${pay}, jsonb_build_object(
         'amounts', '[{"asset":"gem","amount":"5"}]'::jsonb, 'items', jsonb_build_array(jsonb_build_object(
           'item', 'crown', 'instances', jsonb_build_array('ins_' || instance)))),
       at, case when class <> 11 then at + interval '2 seconds' end
     from hist_money`,
    `insert into purchases.open (id, created_at, started_at, waits_until)
     select id, at, at, now() + interval '1 day' from hist_money where class = 11`,
    `insert into inventory.holds (exchange, title, state, cause_code, cause_detail, moves, mints, created_at,
       updated_at)
     select deal, '${title}', case class when 9 then 'released' when 11 then 'held' else 'moved' end,
       case when class = 9 then 'payment-declined' end, case when class = 9 then 'The card was declined.' end, '[]',
       jsonb_build_array(jsonb_build_object('to', 'player:' || player, 'item', 'crown',
         'instance', 'ins_' || instance)), at, at
     from hist_money`,
    `insert into hist_moves select instance, 'crown', 1, 'mint', null, 'player:' || player, deal, at
     from hist_money where captured`,
    ...transfer(4, 'captured', 'deal', 'exchange', [
      ['system:mint', 'system:clearing:stripe', 'EUR', 499],
      ['system:mint', 'player', 'gem', 5],
    ]),
  ];
}

type Leg = [from: string, to: string, asset: string, amount: number];

/**
 * A transfer of each purchase for which a condition is true.
 * @param phase by which it is in order
 * @param reference the expression of what it belongs to
 * @param key the expression of its key; that of an exchange where the reason is one
 */
function transfer(
  phase: number,
  where: string,
  reference: string,
  reason: string,
  legs: Leg[],
  key?: string,
): string[] {
  const id = `pg_temp.uid(11, ${phase}000000000 + n, at + ${phase} * interval '1 hour')`;
  const owner = (name: string): string => (name === 'player' ? `'player:' || player` : `'${name}'`);
  const kind = reason === 'taken' ? 'exchange' : 'paid';
  const told = key === undefined ? 'exchange' : reason;
  return [
    `insert into hist_transfers select ${id}, ${phase}000000000 + n, '${kind}', '${told}', ${reference},
       ${key ?? `'exchange/' || ${reference}`}, at + ${phase} * interval '1 hour' from hist_money where ${where}`,
    ...legs.map(
      ([from, to, asset, amount], leg) =>
        `insert into hist_legs select ${id}, ${leg}, ${owner(from)}, ${owner(to)}, '${asset}', ${amount}
         from hist_money where ${where}`,
    ),
  ];
}

const clearing = 'system:clearing:stripe';
const refund = `'rfd_' || pg_temp.uid(5, n, at)`;
const found = `'rfd_' || pg_temp.uid(6, n, at)`;
const reversal = `'rfd_' || pg_temp.uid(7, n, at)`;

const movements = [
  ...transfer(5, 'captured', 'deal', 'fee', [[clearing, 'system:fees', 'EUR', 32]], `'fee/' || deal`),
  ...transfer(6, 'class = 5', refund, 'exchange', [
    [clearing, 'system:mint', 'EUR', 200],
    ['player', 'system:mint', 'gem', 2],
  ]),
  ...transfer(
    6,
    'class = 6',
    'deal',
    'outside-refund',
    [[clearing, 'system:mint', 'EUR', 100]],
    `'outside-refund/re_o' || n`,
  ),
  ...transfer(7, 'class = 6', found, 'taken', [['player', 'system:mint', 'gem', 1]]),
  ...transfer(6, 'class in (7, 8)', 'deal', 'dispute', [[clearing, 'system:mint', 'EUR', 499]], `'dispute/txn_d' || n`),
  ...transfer(
    7,
    'class in (7, 8)',
    'deal',
    'dispute-fee',
    [[clearing, 'system:fees', 'EUR', 1500]],
    `'dispute-fee/txn_d' || n`,
  ),
  ...transfer(8, 'class in (7, 8)', found, 'taken', [['player', 'system:mint', 'gem', 5]]),
  ...transfer(
    9,
    'class = 8',
    'deal',
    'dispute-reinstated',
    [['system:mint', clearing, 'EUR', 499]],
    `'dispute-reinstated/txn_w' || n`,
  ),
  ...transfer(10, 'class = 8', reversal, 'taken', [['system:mint', 'player', 'gem', 5]]),
];

const takes = (gems: number, all: boolean): string => `jsonb_build_object('amounts', jsonb_build_array(
  jsonb_build_object('asset', 'gem', 'amount', '${gems}')), 'items', ${
    all ? `jsonb_build_array(jsonb_build_object('instance', 'ins_' || instance, 'owed', '249'))` : `'[]'::jsonb`
  })`;

/** A refund of each purchase of a class: what it takes, what it was found by, and its place among the purchase's. */
function goods(
  where: string,
  [id, hours]: [string, number],
  [amount, taken]: [number, string],
  [foundBy, reverses, legs, at]: [string, string, string, number],
): string {
  return `insert into refunds.refunds (id, title, key, fingerprint, state, purchase, player, product, amount, pay,
     takes, policy, restock, grounds, found, reverses, legs, decided_at, created_at, closed_at)
   select substr(${id}, 5)::uuid, '${title}', ${id}, 'f', 'succeeded', id, player, 'chest', ${amount}, ${pay}, ${taken},
     'debt', false, 'told', ${foundBy}, ${reverses}, ${legs}, ${at}, at + ${hours} * interval '1 hour',
     at + ${hours} * interval '61 minutes'
   from hist_money where ${where}`;
}

const uuidOf = (id: string): string => `substr(${id}, 5)::uuid`;

const refunds = [
  goods('class = 5', [refund, 6], [200, takes(2, false)], ['null', 'null', `'[]'`, 0]),
  goods('class = 6', [found, 7], [100, takes(1, false)], [`'re_o' || n`, 'null', `'[]'`, 0]),
  goods('class in (7, 8)', [found, 8], [499, takes(5, true)], [`'txn_d' || n`, 'null', `'[]'`, 0]),
  goods(
    'class = 8',
    [reversal, 10],
    [499, takes(5, true)],
    [
      `'txn_w' || n`,
      uuidOf(found),
      `jsonb_build_array(jsonb_build_object('from', 'system:mint', 'to', 'player:' || player, 'asset', 'gem',
      'amount', '5'))`,
      1,
    ],
  ),
  `insert into refunds.totals (purchase, title, paid, refunded, version)
   select id, '${title}', 499, case class when 5 then 200 when 6 then 100 when 7 then 499 else 0 end, 2
   from hist_money where class in (5, 6, 7, 8)`,
  ...[
    [found, 'class in (7, 8)', `'player:' || player`, `'system:store'`, 8, 2, `'player:' || player`, '249'] as const,
    [reversal, 'class = 8', `'system:store'`, `'player:' || player`, 10, 4, `'system:store'`, '0'] as const,
  ].flatMap(([id, where, from, to, hours, place, debtor, owed]) => [
    `insert into hist_moves select instance, 'crown', ${place}, 'hold', ${from}, ${from}, ${id},
       at + ${hours} * interval '1 hour' from hist_money where ${where}
     union all select instance, 'crown', ${place + 1}, 'move', ${from}, ${to}, ${id},
       at + ${hours} * interval '1 hour' from hist_money where ${where}`,
    `insert into inventory.holds (exchange, title, state, moves, created_at, updated_at)
     select ${id}, '${title}', 'moved', jsonb_build_array(jsonb_build_object('instance', 'ins_' || instance,
       'from', ${from}, 'to', ${to}, 'instead', jsonb_build_object('from', ${debtor}, 'to', ${to}, 'asset', 'EUR',
         'amount', '${owed}'))), at, at from hist_money where ${where}`,
  ]),
];

const payments = [
  `insert into payments.accounts (title, provider, mode, secret_key, webhook_secrets, sealed_by, secret_key_end,
     webhook_secret_ends, settlement_currency, spent_goods)
   values ('${title}', 'stripe', 'test', 'k', 'w', '00000000', 'test', '{}', 'EUR', 'debt')`,
  `insert into payments.payments (id, title, provider, currency, amount, method, state, reference, seen,
     turned_back_code, turned_back_detail, captured, returned, capture_before, fee, fee_currency, balance_transaction,
     deadline, created_at, updated_at)
   select deal, '${title}', 'stripe', 'EUR', 499, 'pm_card_visa',
     case class when 9 then 'cancelled' when 11 then 'requires_action' else 'captured' end, intent,
     case class when 9 then 'canceled' when 11 then 'requires-action' else 'succeeded' end,
     case when class = 9 then 'payment-declined' end, case when class = 9 then 'The card was declined.' end,
     case when captured then 499 else 0 end, case class when 5 then 200 when 6 then 100 when 7 then 499 else 0 end,
     case when captured then at + interval '7 days' end, case when captured then 32 end,
     case when captured then 'EUR' end, case when captured then moved end, at + interval '30 minutes', at, at
   from hist_money`,
  `insert into payments.refunds (id, payment, title, provider, currency, amount, state, reference, created_at,
     updated_at)
   select ${refund}, deal, '${title}', 'stripe', 'EUR', 200, 'succeeded', 're_r' || n, at + interval '6 hours', at
   from hist_money where class = 5`,
  `insert into payments.operations (payment, kind, refund, seq, key, body, state, attempts, stored_error, first_sent_at,
     changed_at)
   select deal, kind, case when kind = 'refund' then ${refund} end, 1,
     case when kind = 'refund' then ${refund} || ':refund:1' else deal || ':' || kind || ':1' end,
     '{}', case when class = 9 and kind = 'confirm' then 'failed' else 'succeeded' end, 1, false, at, at
   from hist_money cross join unnest(array['create', 'confirm', 'capture', 'cancel', 'refund']) kind
   where kind in ('create', 'confirm') or kind = 'capture' and captured or kind = 'cancel' and class = 9
     or kind = 'refund' and class = 5`,
  `insert into payments.disputes (title, provider, reference, payment, intent, state, amount, currency, reason,
     has_evidence, opened_at, closed_at, created_at)
   select '${title}', 'stripe', 'dp_' || n, deal, intent, case class when 7 then 'lost' else 'won' end, 499, 'EUR',
     'fraudulent', false, at + interval '6 hours', at + interval '9 hours', at + interval '6 hours'
   from hist_money where class in (7, 8)`,
  `insert into payments.outside_movements (title, provider, kind, reference, payment, intent, dispute, currency, amount,
     counted, moved_at, evidence, booking_due_at, created_at)
   select '${title}', 'stripe', kind, reference || n, deal, intent, case when class <> 6 then 'dp_' || n end, 'EUR',
     m.amount, counted, at + interval '6 hours', '{}', null, at + interval '6 hours'
   from hist_money join (values (6, 'outside-refund', 're_o', 100, 100), (7, 'dispute', 'txn_d', 499, 499),
     (7, 'dispute-fee', 'txn_d', 1500, 0), (8, 'dispute', 'txn_d', 499, 499), (8, 'dispute-fee', 'txn_d', 1500, 0),
     (8, 'dispute-reinstated', 'txn_w', 499, -499)) m (of, kind, reference, amount, counted) on m.of = class`,
];

/** The statements that make what is paid in real money, as Veltrix keeps it. */
export function moneyStatements({ money, waiting }: Size, players: number): string[] {
  return [...purchases(money, players, waiting), ...movements, ...refunds, ...payments];
}
