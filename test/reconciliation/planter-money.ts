import type { Damage } from './histories.js';
import { unbooked } from './planter-value.js';
import type { Plant } from './planter.js';

/* Damage to what was paid in real money: what we keep of it, and what the provider says. */

export const line = (...words: (string | number)[]): string => words.join(' ');
export const of = (type: number, subject: string, amount: number): string =>
  line(type, subject, 'system:clearing:stripe EUR', amount);

/** Payments with what the provider calls them. Those behind the last payout are in no payout. */
export const payments = (where: string): string => `select p.id, substr(p.id, 5) as uuid, p.reference as intent,
    'player:' || u.player as owner, substr(p.reference, 4) as n
  from payments.payments p join purchases.purchases u on 'pur_' || u.id = p.id
  where ${where}`;

export const untouched = `p.state = 'captured' and p.returned = 0
  and not exists (select from payments.disputes d where d.payment = p.id)`;
export const unpaidOut = `not exists (select from reconciliation.provider_objects t
  where t.id = p.balance_transaction and t.payout is not null)`;

/** The provider's word on something is changed. */
export const told = (id: string | undefined, change: object): Damage => [
  ['update reconciliation.provider_objects set body = body || $2::jsonb where id = $1', id, JSON.stringify(change)],
];

/** The provider has one more intent with its charge, like that of a payment but for some of it. */
export const another = (n: string | undefined, change: object): Damage => [
  [
    `insert into reconciliation.provider_objects (title, provider, kind, id, version, settled, body, purchase, about,
       made_at, first_seen)
     select title, provider, kind, 'x' || id, version, settled, b.body, b.body->>'purchase', 'x' || about, made_at,
       first_seen
     from reconciliation.provider_objects o cross join lateral (select case kind
       when 'payment_intent' then o.body || $2::jsonb || jsonb_build_object('charge', 'xch_' || $1)
       when 'charge' then o.body || $2::jsonb
         || jsonb_build_object('intent', 'xpi_' || $1, 'transaction', 'xtxn_c' || $1)
       else o.body || jsonb_build_object('source', 'xch_' || $1) end as body) b
     where id in ('pi_' || $1, 'ch_' || $1, 'txn_c' || $1)`,
    n,
    JSON.stringify(change),
  ],
];

export const movements = (kind: string): string => `select m.payment as id, m.reference, m.amount::text, m.dispute
  from payments.outside_movements m where m.kind = '${kind}'`;

const captures: readonly Plant[] = [
  {
    type: 1,
    name: 'captured, and the purchase goes on',
    sites: payments(untouched),
    damage: ({ id, uuid }) => [
      [`update purchases.purchases set state = 'accepted', closed_at = null where id = $1`, uuid],
      [
        `insert into purchases.open (id, created_at, waits_until)
         values ($1, now() - interval '1 day', now() + interval '1 hour')`,
        uuid,
      ],
      [
        `update payments.payments set state = 'capturing', captured = 0, fee = null, fee_currency = null,
           balance_transaction = null where id = $1`,
        id,
      ],
    ],
    found: ({ id = '' }) => of(1, id, 499),
  },
  {
    type: 2,
    name: 'captured, and the purchase was declined',
    sites: payments(untouched),
    damage: ({ uuid }) => [
      [`update purchases.purchases set state = 'declined', reason_code = 'x', reason_detail = 'x' where id = $1`, uuid],
    ],
    found: ({ id = '' }) => of(2, id, 499),
    implies: ({ length }) => [line(35, 'chest', '- -', length)],
  },
  {
    type: 3,
    name: 'captured under our key for a purchase that is not there',
    sites: payments(untouched),
    damage: ({ n }) => another(n, { purchase: `pur_0198c5a0-0000-7000-8000-${(n ?? '').padStart(12, '0')}` }),
    found: ({ n = '' }) => of(3, `xpi_${n}`, 499),
  },
  {
    type: 4,
    name: 'the provider has no capture',
    sites: payments(`${untouched} and ${unpaidOut}`),
    damage: ({ n }) => [
      [`delete from reconciliation.provider_objects where id in ('pi_' || $1, 'ch_' || $1, 'txn_c' || $1)`, n],
    ],
    found: ({ id = '' }) => of(4, id, 499),
  },
  {
    type: 5,
    name: 'the capture was taken back',
    sites: payments(untouched),
    damage: ({ intent }) => told(intent, { status: 'canceled' }),
    found: ({ id = '' }) => of(5, id, 499),
  },
  {
    type: 6,
    name: 'captured twice',
    sites: payments(untouched),
    damage: ({ n }) => another(n, {}),
    found: ({ id = '' }) => of(6, id, 499),
    // The provider has kept a fee of the second one, too.
    implies: (sites) => sites.map(({ id = '' }) => of(21, id, 32)),
  },
  {
    type: 7,
    name: 'another amount was captured',
    sites: payments(untouched),
    damage: ({ intent }) => told(intent, { received: '500' }),
    found: ({ id = '' }) => of(7, id, 1),
  },
  {
    type: 8,
    name: 'another currency was captured',
    sites: payments(untouched),
    damage: ({ intent }) => told(intent, { currency: 'USD' }),
    found: ({ id = '' }) => of(8, id, 499),
  },
  {
    type: 13,
    name: 'an authorisation is open, and the purchase was declined',
    sites: payments(`p.state = 'cancelled'`),
    damage: ({ intent }) => told(intent, { status: 'requires_capture', capturable: '499' }),
    found: ({ id = '' }) => of(13, id, 499),
  },
  {
    type: 14,
    name: 'an authorisation expires soon, and the purchase goes on',
    sites: payments(`p.state = 'requires_action'`),
    damage: ({ id, uuid, n, intent }) => [
      [`update purchases.purchases set state = 'accepted' where id = $1`, uuid],
      [
        `update payments.payments set state = 'authorized', capture_before = now() + interval '1 hour' where id = $1`,
        id,
      ],
      ...told(intent, { status: 'requires_capture', capturable: '499', charge: `ch_${n}` }),
      [
        `insert into reconciliation.provider_objects (title, provider, kind, id, version, body, purchase, about,
           made_at, first_seen)
         select title, provider, 'charge', 'ch_' || $1, version, jsonb_build_object('status', 'succeeded', 'amount',
           '499', 'captured', '0', 'currency', 'EUR', 'intent', id, 'transaction', null, 'title', title, 'purchase',
           purchase, 'foreign', null, 'captureBefore', extract(epoch from now() + interval '1 hour')::bigint), purchase,
           id, now() - interval '1 hour', first_seen
         from reconciliation.provider_objects where id = 'pi_' || $1`,
        n,
      ],
    ],
    found: ({ id = '' }) => of(14, id, 499),
  },
];

const later: readonly Plant[] = [
  {
    type: 15,
    name: 'a refund from the dashboard is not booked',
    sites: movements('outside-refund'),
    damage: ({ reference }) => [
      ...unbooked(`outside-refund/${reference}`),
      ['delete from payments.outside_movements where reference = $1', reference],
    ],
    found: ({ reference = '' }) => of(15, reference, 100),
  },
  {
    type: 16,
    name: 'a refund in the ledger is not at the provider',
    sites: movements('outside-refund'),
    damage: ({ reference }) => [['delete from reconciliation.provider_objects where id = $1', reference]],
    found: ({ reference = '' }) => of(16, reference, 100),
    // What has moved of it on the balance has nothing behind it now.
    implies: (sites) => sites.map(({ reference = '' }) => of(22, reference.replace('re_', 'txn_'), -100)),
  },
  {
    type: 17,
    name: 'a refund in the ledger has failed',
    sites: movements('outside-refund'),
    damage: ({ reference }) => told(reference, { status: 'failed' }),
    found: ({ reference = '' }) => of(17, reference, 100),
  },
  {
    type: 18,
    name: 'more is refunded than was captured',
    sites: movements('outside-refund'),
    damage: ({ reference }) => told(reference, { amount: '599' }),
    found: ({ id = '' }) => of(18, id, 100),
    // It is another amount than the movement has, too.
    implies: (sites) => sites.map(({ reference = '' }) => of(7, reference, -499)),
  },
  {
    type: 19,
    name: 'a dispute is not known',
    sites: `select reference as id from payments.disputes`,
    damage: ({ id }) => [['delete from payments.disputes where reference = $1', id]],
    found: ({ id = '' }) => of(19, id, 499),
  },
  {
    type: 20,
    name: 'a dispute is closed there and open here',
    sites: `select reference as id from payments.disputes`,
    damage: ({ id }) => [
      [
        `update payments.disputes set state = 'needs_response', closed_at = null,
           updated_at = now() - interval '2 days' where reference = $1`,
        id,
      ],
    ],
    found: ({ id = '' }) => of(20, id, 499),
  },
  {
    type: 21,
    name: 'a fee is not booked',
    sites: payments(untouched),
    damage: ({ id }) => unbooked(`fee/${id}`),
    found: ({ id = '' }) => of(21, id, 32),
  },
  {
    type: 21,
    name: 'a fee is booked as another amount',
    sites: payments(`${untouched} and ${unpaidOut}`),
    damage: ({ n }) => told(`txn_c${n}`, { fee: '40' }),
    found: ({ id = '' }) => of(21, id, 8),
  },
  {
    type: 26,
    name: 'a movement on the balance is less than its record says',
    sites: payments(`${untouched} and ${unpaidOut}`),
    most: 1,
    damage: ({ n }) => told(`txn_c${n}`, { amount: '496' }),
    found: () => of(26, 'system:clearing:stripe', 3),
  },
];

/** The damage that is of payments. */
export const moneyPlants: readonly Plant[] = [...captures, ...later];
