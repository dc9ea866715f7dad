import pg from 'pg';
import { price } from '../driver/deck.js';
import { title } from '../system/world.js';

/** How many are made by one transaction: enough to be quick, and few enough for the sorts to stay in memory. */
const atOnce = 100_000;

/**
 * Uniform trades as they would be drawn: any item goes from whoever has it to any other player. An item's owner is
 * whoever has taken it last, so the chain of an item is found by a window over its own trades.
 */
const draw = `
  create temp table drawn on commit drop as
  with players as materialized (
    select row_number() over (order by id) as n, substr(owner, 8) as name from ledger.accounts
    where owner like 'player:%'),
  items as materialized (
    select row_number() over (order by id) as n, id, substr(owner, 8) as owner from inventory.instances),
  picked as materialized (
    select n, 1 + floor(random() * (select count(*) from items))::int as item,
      1 + floor(random() * (select count(*) from players))::int as taker
    from generate_series(1, $1::int) n),
  chained as (
    select picked.n, items.id as item, players.name as a,
      coalesce(lag(players.name) over (partition by items.id order by picked.n), items.owner) as b
    from picked join players on players.n = picked.taker join items on items.n = picked.item)
  select n, item, a, b, uuidv7() as trade, uuidv7() as transfer,
    nextval(pg_get_serial_sequence('ledger.transfers', 'sequence')) as sequence
  from chained where a <> b order by n`;

/** Both ends of every leg in the order of the books, with the version and the balance that the account has then. */
const enter = `
  create temp table entered on commit drop as
  select d.n, d.transfer, d.sequence, side.amount, acc.id as account,
    acc.version + row_number() over w as version,
    acc.credits_posted - acc.debits_posted + sum(side.amount) over w as posted
  from drawn d cross join lateral (values (d.a, -${price}), (d.b, ${price})) as side (player, amount)
  join ledger.accounts acc on acc.title = '${title}' and acc.asset = 'gold' and acc.owner = 'player:' || side.player
  window w as (partition by acc.id order by d.n)`;

/** Every item is held and moved once for each trade. */
const move = `
  create temp table moved on commit drop as
  select d.*, i.item as code, i.version + 2 * row_number() over (partition by d.item order by d.n) as version
  from drawn d join inventory.instances i on i.id = d.item`;

/** One outbox row for each call, as the services write it for convoys of 256. */
function tell(
  schema: string,
  {
    type,
    subject,
    data,
    from,
    call = 'n / 256',
  }: { type: string; subject: string; data: string; from: string; call?: string },
): string {
  return `insert into ${schema}.outbox (facts)
   select json_agg(json_build_object('title', '${title}', 'type', ${type}, 'subject', ${subject}, 'data', ${data})
     order by n)
   from ${from} group by ${call} order by ${call}`;
}

const trades = [
  `insert into trades.trades (id, title, key, fingerprint, state, player_a, player_b, parties, workflow_id, closed_at)
   select trade, '${title}', 'stored-' || trade, sha256(trade::text::bytea), 'settled', a, b,
     jsonb_build_array(
       jsonb_build_object('player', a, 'gives', jsonb_build_object(
         'items', '[]'::jsonb,
         'amounts', jsonb_build_array(jsonb_build_object('asset', 'gold', 'amount', '${price}')))),
       jsonb_build_object('player', b, 'gives', jsonb_build_object(
         'items', jsonb_build_array('ins_' || item),
         'amounts', '[]'::jsonb))),
     'trade/trd_' || trade, now() from drawn order by n`,
  tell('trades', {
    type: 'type',
    subject: `'trd_' || trade`,
    data: `case type when 'trade.accepted' then json_build_object('parties', parties, 'reference', null) else '{}' end`,
    from: `drawn d join trades.trades t on t.id = d.trade
      cross join (values ('trade.accepted'), ('trade.settled')) as types (type)`,
    call: 'n / 256, type',
  }),
];

const ledger = [
  `insert into ledger.transfers (id, sequence, title, kind, reason, reference)
   select transfer, sequence, '${title}', 'exchange', 'exchange', 'trd_' || trade
   from drawn order by n`,
  `insert into ledger.entries (account_id, version, transfer_id, sequence, leg, amount, posted, available)
   select account, version, transfer, sequence, 0, amount, posted, posted from entered order by n, amount`,
  `insert into ledger.outcomes (title, key, state, transfer_id)
   select '${title}', 'exchange/trd_' || trade, 'posted', transfer
   from drawn order by n`,
  tell('ledger', {
    type: `'transfer.posted'`,
    subject: `'trf_' || transfer`,
    data: `json_build_object('sequence', sequence, 'kind', 'exchange', 'reason', 'exchange',
      'reference', 'trd_' || trade, 'legs', json_build_array(json_build_object(
        'from', 'player:' || a, 'to', 'player:' || b, 'asset', 'gold', 'amount', '${price}')))`,
    from: 'drawn',
  }),
  `update ledger.accounts acc set version = sums.version,
     debits_posted = debits_posted + sums.debits, credits_posted = credits_posted + sums.credits
   from (
     select account, max(version) as version, sum(greatest(-amount, 0)) as debits, sum(greatest(amount, 0)) as credits
     from entered group by account) sums
   where acc.id = sums.account`,
];

const inventory = [
  `insert into inventory.holds (exchange, title, state, moves)
   select 'trd_' || trade, '${title}', 'moved',
     jsonb_build_array(jsonb_build_object('instance', 'ins_' || item, 'from', 'player:' || b, 'to', 'player:' || a))
   from drawn order by n`,
  `insert into inventory.movements (instance, version, kind, from_owner, to_owner, cause)
   select item, version - 1 + step, (array['hold', 'move'])[step + 1], 'player:' || b,
     'player:' || case step when 0 then b else a end, 'trd_' || trade
   from moved, generate_series(0, 1) step order by n, step`,
  tell('inventory', {
    type: `(array['instance.held', 'instance.moved'])[step + 1]`,
    subject: `'ins_' || item`,
    data: `json_build_object('item', code, 'version', version - 1 + step,
      'from', 'player:' || b, 'to', 'player:' || case step when 0 then b else a end,
      'cause', 'trd_' || trade)`,
    from: 'moved cross join generate_series(0, 1) step',
    call: 'n / 256, step',
  }),
  `update inventory.instances i set version = last.version, owner = 'player:' || last.a
   from (select distinct on (item) item, version, a from moved order by item, version desc) last
   where i.id = last.item`,
];

/**
 * Stores trades as if they had been settled long ago: rows in every table and index that a trade has, and books that
 * agree. The triggers that guard the rows are off for it, because they refuse what no service does.
 */
export async function storeTrades(url: string, count: number, progress: (stored: number) => void): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set session_replication_role = replica; set work_mem = '256MB'; select setseed(0.5)");
    for (let stored = 0; stored < count; stored += atOnce) {
      await client.query('begin');
      await client.query(draw, [Math.min(atOnce, count - stored)]);
      for (const statement of [enter, move, ...trades, ...ledger, ...inventory]) await client.query(statement);
      await client.query('commit');
      progress(Math.min(stored + atOnce, count));
    }
    // Otherwise both would begin by themselves, in the middle of what is measured.
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
