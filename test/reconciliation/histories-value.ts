/*
 * A history of trades and of purchases with virtual money as the services write it, made by SQL in bulk. What is booked
 * and what is moved is collected in temporary tables, from which histories-books.ts writes the ledger and the
 * inventory.
 */

/** The title of all of it. */
export const title = 'arena';

/** The temporary tables, and the functions by which ids and moments are made. `hist_…` goes with the session. */
export const groundwork = [
  `create function pg_temp.uid(family int, n bigint, at timestamptz) returns uuid language sql immutable as $$
     select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
       || '8' || to_hex(family) || lpad(to_hex(n), 14, '0'))::uuid $$`,
  `create function pg_temp.start() returns timestamptz language sql stable as $$
     select date_trunc('day', now() at time zone 'utc') at time zone 'utc' - interval '20 days' $$`,
  `create temp table hist_transfers (id uuid, ord bigint, kind text, reason text, reference text, key text,
     at timestamptz)`,
  'create temp table hist_legs (id uuid, leg int, src text, dst text, asset text, amount bigint)',
  `create temp table hist_moves (instance uuid, item text, place int, kind text, src text, dst text, cause text,
     at timestamptz)`,
  `insert into titles.titles (id, name) values ('${title}', 'Arena'), ('other', 'Other')`,
  `insert into ledger.assets (title, code, name, kind, scale, tradeable) values
     ('${title}', 'gold', 'Gold', 'currency', 0, true), ('${title}', 'gem', 'Gem', 'currency', 0, true),
     ('${title}', 'EUR', 'EUR', 'currency', 2, false)`,
  `insert into inventory.items (title, code, name, tradeable, minting_limit) values
     ('${title}', 'sword', 'Sword', true, null), ('${title}', 'crown', 'Crown', true, 1000000)`,
];

/** What every player has been given by the mint. */
function grants(players: number): string[] {
  return [
    `create temp table hist_grants as select n, pg_temp.start() + n * interval '1 millisecond' as at,
       pg_temp.uid(11, n, pg_temp.start() + n * interval '1 millisecond') as id
     from generate_series(0, ${players - 1}) n`,
    `insert into hist_transfers select id, n, 'transfer', 'grant', null, 'grant-' || n, at from hist_grants`,
    `insert into hist_legs select id, 0, 'system:mint', 'player:p' || n, 'gold', 1000000 from hist_grants`,
  ];
}

/**
 * Trades of gold (12 of 20), of gold and an instance (4), of an instance alone (2), and such that were refused, with an
 * instance (1) or without (1).
 */
function trades(count: number, players: number): string[] {
  return [
    `create temp table hist_trades as
     select n, n % 20 as class, at, pg_temp.uid(1, n, at) as id, 'trd_' || pg_temp.uid(1, n, at) as deal,
       'p' || n % ${players} as a, 'p' || (n % ${players} + 1 + n / ${players} % (${players} - 1)) % ${players} as b,
       pg_temp.uid(8, n, at) as instance, case when n % 20 >= 18 then 1000000000 when n % 20 >= 16 then 0
         else 1 + n % 50 end as gold, pg_temp.uid(11, 1000000000 + n, at) as transfer,
       n % 20 between 12 and 17 or n % 20 = 19 as has_item, n % 20 < 18 as done
     from generate_series(1, ${count}) n
     cross join lateral (select pg_temp.start() + interval '1 day' + n * interval '5 days' / ${count} as at) t`,
    `insert into trades.trades (id, title, key, fingerprint, state, reason_code, reason_detail, player_a, player_b,
       parties, created_at, closed_at)
     select id, '${title}', deal, 'f', case when done then 'settled' else 'refused' end,
       case when not done then 'insufficient-funds' end, case when not done then 'There is too little.' end, a, b,
       jsonb_build_array(
         jsonb_build_object('player', a, 'gives', jsonb_build_object(
           'amounts', case when gold > 0 then jsonb_build_array(
               jsonb_build_object('asset', 'gold', 'amount', gold::text))
             else '[]' end,
           'items', case when has_item then jsonb_build_array('ins_' || instance) else '[]' end)),
         jsonb_build_object('player', b, 'gives', jsonb_build_object('amounts', '[]'::jsonb, 'items', '[]'::jsonb))),
       at, at + interval '1 second'
     from hist_trades`,
    `insert into hist_transfers select transfer, 1000000000 + n, 'exchange', 'exchange', deal, 'exchange/' || deal, at
     from hist_trades where done and gold > 0`,
    `insert into hist_legs select transfer, 0, 'player:' || a, 'player:' || b, 'gold', gold from hist_trades
     where done and gold > 0`,
    `insert into ledger.outcomes (title, key, state, cause_code, cause_detail, created_at)
     select '${title}', 'exchange/' || deal, 'refused', 'insufficient-funds', 'There is too little.', at
     from hist_trades where not done`,
    `insert into hist_moves select instance, 'sword', 1, 'mint', null, 'player:' || a, 'start', at - interval '1 hour'
       from hist_trades where has_item
     union all select instance, 'sword', 2, 'hold', 'player:' || a, 'player:' || a, deal, at from hist_trades
       where has_item
     union all select instance, 'sword', 3, case when done then 'move' else 'release' end, 'player:' || a,
       'player:' || case when done then b else a end, deal, at from hist_trades where has_item`,
    `insert into inventory.holds (exchange, title, state, cause_code, cause_detail, moves, created_at, updated_at)
     select deal, '${title}', case when done then 'moved' else 'released' end,
       case when not done then 'insufficient-funds' end, case when not done then 'There is too little.' end,
       jsonb_build_array(jsonb_build_object('to', 'player:' || b, 'from', 'player:' || a,
         'instance', 'ins_' || instance)), at, at
     from hist_trades where has_item`,
  ];
}

/** Purchases for gold, of which 1 of 10 is refunded and on sale again, and 1 of 20 was refused. */
function purchases(count: number, players: number): string[] {
  return [
    `create temp table hist_bought as
     select n, n % 20 <> 8 as done, n % 10 = 9 as refunded, at, pg_temp.uid(2, n, at) as id,
       'pur_' || pg_temp.uid(2, n, at) as deal, 'p' || n % ${players} as player, pg_temp.uid(9, n, at) as instance,
       pg_temp.uid(11, 2000000000 + n, at) as transfer, pg_temp.uid(4, n, at + interval '1 day') as refund,
       pg_temp.uid(11, 3000000000 + n, at + interval '1 day') as back
     from generate_series(1, ${count}) n
     cross join lateral (select pg_temp.start() + interval '7 days' + n * interval '1 day' / ${count} as at) t`,
    `insert into purchases.purchases (id, title, key, fingerprint, state, reason_code, reason_detail, player, product,
       version, quantity, pay, content, created_at, closed_at)
     select id, '${title}', deal, 'f', case when done then 'completed' else 'refused' end,
       case when not done then 'insufficient-funds' end, case when not done then 'There is too little.' end, player,
       'pack', 1, 1, '{"asset":"gold","amount":"10"}', jsonb_build_object(
         'amounts', '[{"asset":"gem","amount":"5"}]'::jsonb,
         'items', jsonb_build_array(jsonb_build_object('item', 'sword', 'instances',
           jsonb_build_array('ins_' || instance)))), at, at + interval '1 second'
     from hist_bought`,
    `insert into hist_transfers select transfer, 2000000000 + n, 'exchange', 'exchange', deal, 'exchange/' || deal, at
     from hist_bought where done`,
    `insert into hist_legs select transfer, 0, 'player:' || player, 'system:store', 'gold', 10
     from hist_bought where done
     union all select transfer, 1, 'system:mint', 'player:' || player, 'gem', 5 from hist_bought where done`,
    `insert into ledger.outcomes (title, key, state, cause_code, cause_detail, created_at)
     select '${title}', 'exchange/' || deal, 'refused', 'insufficient-funds', 'There is too little.', at
     from hist_bought where not done`,
    `insert into hist_moves select instance, 'sword', 1, 'mint', null, 'player:' || player, deal, at
     from hist_bought where done`,
    `insert into inventory.holds (exchange, title, state, cause_code, cause_detail, moves, mints, created_at,
       updated_at)
     select deal, '${title}', case when done then 'moved' else 'released' end,
       case when not done then 'insufficient-funds' end, case when not done then 'There is too little.' end, '[]',
       jsonb_build_array(jsonb_build_object('to', 'player:' || player, 'item', 'sword',
         'instance', 'ins_' || instance)), at, at
     from hist_bought`,
    ...refunds,
  ];
}

const refunds = [
  `insert into refunds.refunds (id, title, key, fingerprint, state, purchase, player, product, amount, pay, takes,
     policy, restock, grounds, legs, decided_at, created_at, closed_at)
   select refund, '${title}', 'rfd_' || refund, 'f', 'succeeded', id, player, 'pack', 10,
     '{"asset":"gold","amount":"10"}', jsonb_build_object('amounts', '[{"asset":"gem","amount":"5"}]'::jsonb, 'items',
       jsonb_build_array(jsonb_build_object('instance', 'ins_' || instance, 'owed', '5'))),
     'debt', true, 'asked for', '[]', 0, at + interval '1 day', at + interval '1 day 1 second'
   from hist_bought where refunded`,
  `insert into refunds.totals (purchase, title, paid, refunded, version) select id, '${title}', 10, 10, 1
   from hist_bought where refunded`,
  'insert into purchases.restocked select id from hist_bought where refunded',
  `insert into hist_transfers select back, 3000000000 + n, 'exchange', 'exchange', 'rfd_' || refund,
     'exchange/rfd_' || refund, at + interval '1 day' from hist_bought where refunded`,
  `insert into hist_legs select back, 0, 'system:store', 'player:' || player, 'gold', 10 from hist_bought where refunded
   union all select back, 1, 'player:' || player, 'system:mint', 'gem', 5 from hist_bought where refunded`,
  `insert into hist_moves select instance, 'sword', 2, 'hold', 'player:' || player, 'player:' || player,
     'rfd_' || refund, at + interval '1 day' from hist_bought where refunded
   union all select instance, 'sword', 3, 'move', 'player:' || player, 'system:store', 'rfd_' || refund,
     at + interval '1 day' from hist_bought where refunded`,
  `insert into inventory.holds (exchange, title, state, moves, created_at, updated_at)
   select 'rfd_' || refund, '${title}', 'moved', jsonb_build_array(jsonb_build_object('instance', 'ins_' || instance,
     'from', 'player:' || player, 'to', 'system:store', 'instead', jsonb_build_object('from', 'player:' || player,
       'to', 'system:store', 'asset', 'gold', 'amount', '5'))), at, at
   from hist_bought where refunded`,
];

/** How many of each a history has. */
export interface Size {
  exchanges: number;
  money: number;
  /** Whether some purchases wait for their buyers. */
  waiting: boolean;
}

/** The statements that make what costs no real money: of ten exchanges nine are trades, and one is a purchase. */
export function valueStatements({ exchanges }: Pick<Size, 'exchanges'>, players: number): string[] {
  const bought = Math.floor(exchanges / 10);
  return [...grants(players), ...trades(exchanges - bought, players), ...purchases(bought, players)];
}
