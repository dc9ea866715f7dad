import type { Damage } from './histories.js';
import type { Plant } from './planter.js';

/* Damage to deals, to the ledger and to the inventory. */

const line = (...words: (string | number)[]): string => words.join(' ');

/** Trades that are settled, with what they were of. */
const trades = (where: string): string => `select 'trd_' || t.id as id, t.id::text as uuid, 'player:' || player_a as a,
    'player:' || player_b as b, parties->0->'gives'->'items'->>0 as item,
    parties->0->'gives'->'amounts'->0->>'amount' as gold
  from trades.trades t where ${where}`;

const instances = `select 'ins_' || id as id, id::text as uuid, owner from inventory.instances
  where item = 'sword' and version = 3 and owner <> 'system:store'`;

const golden = `select owner as id, id::text as account, version::text from ledger.accounts
  where owner ^@ 'player:' and asset = 'gold' and version > 3`;

const bought = (
  where: string,
): string => `select 'pur_' || p.id as id, p.id::text as uuid, 'player:' || player as owner,
    'trf_' || t.id as transfer
  from purchases.purchases p join ledger.transfers t on t.reference = 'pur_' || p.id
  where product = 'pack' and ${where}`;

const mirrored = (amount: bigint): string[] => [line(31, 'system:mint', 'system:mint', 'gold', String(amount))];

/** What was booked under a key is booked no more, as the mint knows it too. */
export function unbooked(key: string): Damage {
  const same = '(m.account_id, m.day, m.flow, m.reason) = (g.account_id, g.day, g.flow, g.reason)';
  return [
    [
      `with gone as (
         select e.account_id, (t.created_at at time zone 'utc')::date as day, t.reason, abs(e.amount) as amount,
           case when e.amount < 0 then 'faucet' else 'sink' end as flow
         from ledger.outcomes o join ledger.transfers t on t.id = o.transfer_id
         join ledger.entries e on e.transfer_id = t.id
         join ledger.accounts a on a.id = e.account_id and a.owner = 'system:mint'
         where o.key = $1
       ), less as (
         update ledger.mint_totals m set amount = m.amount - g.amount from gone g where ${same} and m.amount > g.amount
       )
       delete from ledger.mint_totals m using gone g where ${same} and m.amount = g.amount`,
      key,
    ],
    ['delete from ledger.transfers where id = (select transfer_id from ledger.outcomes where key = $1)', key],
    ['delete from ledger.outcomes where key = $1', key],
  ];
}

const books: readonly Plant[] = [
  {
    type: 31,
    name: 'an account has more than its entries say',
    sites: golden,
    damage: ({ account }) => [
      ['update ledger.accounts set credits_posted = credits_posted + 9 where id = $1', account],
    ],
    found: ({ id = '' }) => line(31, id, id, 'gold', 9),
    implies: ({ length }) => mirrored(9n * BigInt(length)),
  },
  {
    type: 31,
    name: 'an account has as much too much as another has too little',
    sites: golden,
    damage: ({ account, id }) => [
      [
        `update ledger.accounts set credits_posted = credits_posted + 1000 * (case when $2 like '%0' then -1 else 1 end)
         where id = $1`,
        account,
        id,
      ],
    ],
    found: ({ id = '' }) => line(31, id, id, 'gold', id.endsWith('0') ? -1000 : 1000),
    implies: (sites) => {
      const sum = sites.reduce((all, { id = '' }) => all + (id.endsWith('0') ? -1000n : 1000n), 0n);
      return sum === 0n ? [] : mirrored(sum);
    },
  },
  {
    type: 31,
    name: 'an account counts a version that has no entry',
    sites: golden,
    damage: ({ account }) => [['update ledger.accounts set version = version + 1 where id = $1', account]],
    found: ({ id = '' }) => line(31, id, id, 'gold', 0),
  },
  {
    type: 31,
    name: 'an entry is not what the one before comes to',
    sites: golden,
    damage: ({ account }) => [
      [
        `update ledger.entries set posted = posted + 4, available = available + 4
         where account_id = $1 and version = 2`,
        account,
      ],
    ],
    found: ({ id = '' }) => line(31, id, id, 'gold', 4),
  },
  {
    type: 31,
    name: 'a settled trade is not booked',
    sites: trades(`state = 'settled' and parties->0->'gives'->'amounts' <> '[]'`),
    damage: ({ id = '' }) => unbooked(`exchange/${id}`),
    found: ({ id = '', b = '', gold = '' }) => line(31, id, b, 'gold', `-${gold}`),
  },
  {
    type: 31,
    name: 'a refused trade is booked',
    sites: trades(`state = 'settled' and parties->0->'gives'->'items' = '[]'`),
    damage: ({ uuid }) => [
      [`update trades.trades set state = 'refused', reason_code = 'x', reason_detail = 'x' where id = $1`, uuid],
    ],
    found: ({ id = '', b = '', gold = '' }) => line(31, id, b, 'gold', gold),
  },
];

const items: readonly Plant[] = [
  {
    type: 31,
    name: 'an instance has another owner than its movements say',
    sites: instances,
    damage: ({ uuid }) => [[`update inventory.instances set owner = 'player:thief' where id = $1`, uuid]],
    found: ({ id = '' }) => line(31, id, 'player:thief', 'sword', 1),
  },
  {
    type: 31,
    name: 'an instance lacks a movement',
    sites: instances,
    damage: ({ uuid }) => [['delete from inventory.movements where instance = $1 and version = 2', uuid]],
    found: ({ id = '', owner = '' }) => line(31, id, owner, 'sword', 1),
  },
  {
    type: 11,
    name: 'a purchase has minted an instance more than it says',
    sites: bought(`state = 'completed'`),
    damage: ({ id, uuid, owner }) => [
      [
        `insert into inventory.instances (id, title, item, owner, state, properties, version)
         values (md5($1)::uuid, 'arena', 'sword', $2, 'owned', '{}', 1)`,
        uuid,
        owner,
      ],
      [
        `insert into inventory.movements (instance, version, kind, to_owner, cause)
         values (md5($1)::uuid, 1, 'mint', $2, $3)`,
        uuid,
        owner,
        id,
      ],
      [`update inventory.tallies set minted = minted + 1 where item = 'sword'`],
    ],
    found: ({ id = '', owner = '' }) => line(11, id, owner, 'sword', 1),
  },
  {
    type: 12,
    name: 'a refused trade has kept its hold',
    sites: trades(`state = 'refused' and parties->0->'gives'->'items' <> '[]'`),
    damage: ({ id, item = '' }) => [
      [`update inventory.holds set state = 'held', cause_code = null, cause_detail = null where exchange = $1`, id],
      ['delete from inventory.movements where instance = $1 and version = 3', item.slice(4)],
      [
        `update inventory.instances set state = 'held', hold_exchange = $2, version = 2 where id = $1`,
        item.slice(4),
        id,
      ],
    ],
    found: ({ id = '', a = '' }) => line(12, id, a, 'sword', 1),
  },
];

const deals: readonly Plant[] = [
  {
    type: 9,
    name: 'goods were given for a purchase that is not there',
    sites: bought(`state = 'completed' and not exists (select from refunds.refunds r where r.purchase = p.id)`),
    damage: ({ uuid }) => [['delete from purchases.purchases where id = $1', uuid]],
    found: ({ transfer = '', owner = '' }) => line(9, transfer, owner, 'gem', 5),
    // Its hold has no deal, and it is counted as sold.
    implies: (sites) => [...sites.map(({ id = '' }) => line(31, id, '- - -')), line(35, 'pack', '- -', sites.length)],
  },
  {
    type: 10,
    name: 'a purchase in money is completed and not booked',
    sites: `select 'pur_' || id as id, 'player:' || player as owner from purchases.purchases
      where product = 'chest' and state = 'completed'
        and not exists (select from refunds.refunds r where r.purchase = purchases.id)`,
    damage: ({ id = '' }) => unbooked(`exchange/${id}`),
    found: ({ id = '', owner = '' }) => line(10, id, owner, 'EUR', 499),
  },
  {
    type: 30,
    name: 'a purchase could go on, and does not',
    sites: `select 'pur_' || id as id, id::text as uuid from purchases.open`,
    damage: ({ uuid }) => [[`update purchases.open set waits_until = now() - interval '1 hour' where id = $1`, uuid]],
    found: ({ id = '' }) => line(30, id, '- - -'),
  },
  {
    type: 35,
    name: 'less is counted as refunded than is refunded',
    sites: `select 'pur_' || purchase as id, purchase::text as uuid from refunds.totals where paid = 10`,
    damage: ({ uuid }) => [['update refunds.totals set refunded = 8 where purchase = $1', uuid]],
    found: ({ id = '' }) => line(35, id, '-', 'gold', -2),
  },
  {
    type: 35,
    name: 'more is counted as sold than is sold',
    sites: 'select product as id from purchases.sales',
    damage: ({ id }) => [['update purchases.sales set sold = sold + 3 where product = $1', id]],
    found: ({ id = '' }) => line(35, id, '- -', 3),
  },
];

/** The damage that is not of payments. */
export const valuePlants: readonly Plant[] = [...books, ...items, ...deals];
