import type { Damage } from './histories.js';
import { another, line, movements, of, payments, told, unpaidOut, untouched } from './planter-money.js';
import type { Plant, Site } from './planter.js';

/* Damage by which one side has what the other knows nothing of, and what is late. */

/** The damage that is of providers. */
export const providerPlants: readonly Plant[] = [
  {
    type: 22,
    name: 'a capture has no key of ours',
    sites: payments(untouched),
    damage: ({ n }) => another(n, { title: null, purchase: null }),
    found: ({ n = '' }) => of(22, `xch_${n}`, 499),
  },
  {
    type: 23,
    name: 'a posting on a clearing account has nothing behind it',
    sites: `select n::text as id, ('0198c5a0-0000-7000-8000-' || lpad(n::text, 12, '0')) as transfer
      from generate_series(1, 30) n`,
    damage: ({ id, transfer }) => [
      [
        `select pg_temp.book($1::uuid, 'fee', 'pur_0198c5a0-0000-7000-9000-' || lpad($2, 12, '0'), 'x/' || $2,
           'system:mint', 'system:clearing:stripe', 'EUR', 7)`,
        transfer,
        id,
      ],
    ],
    found: ({ transfer = '' }) => of(23, `trf_${transfer}`, 7),
  },
  {
    type: 25,
    name: 'a payout is less than it contains',
    sites: `select id, (body->>'amount')::bigint - 5 || '' as less from reconciliation.provider_objects
      where kind = 'payout'`,
    damage: ({ id, less }) => told(id, { amount: less }),
    found: ({ id = '' }) => of(25, id, 5),
  },
  {
    type: 27,
    name: 'a refund from the dashboard is booked twice',
    sites: movements('outside-refund'),
    damage: ({ id, reference }) => [
      [
        `select pg_temp.book(md5($2)::uuid, 'outside-refund', $1, 'x/' || $2, 'system:clearing:stripe', 'system:mint',
           'EUR', 100)`,
        id,
        reference,
      ],
    ],
    found: ({ id = '' }) => of(27, id, 100),
  },
  {
    type: 28,
    name: 'nobody knows the end of a call whose key is known no more',
    sites: payments(untouched),
    damage: ({ id }) => [
      [`update payments.operations set state = 'unknown' where payment = $1 and kind = 'capture'`, id],
    ],
    found: ({ id = '' }) => of(28, id, 499),
  },
  {
    type: 28,
    name: 'nobody knows the end of a call for a refund whose key is known no more',
    sites: 'select id from payments.refunds',
    damage: ({ id }) => [[`update payments.operations set state = 'unknown' where refund = $1`, id]],
    found: ({ id = '' }) => of(28, id, 200),
  },
  {
    type: 29,
    name: 'nobody has looked at what was told',
    sites: payments(untouched),
    damage: ({ intent }) => [
      [
        `insert into payments.outside_looks (title, provider, kind, about, due_at, created_at)
         values ('arena', 'stripe', 'intent', $1, now() - interval '1 hour', now() - interval '1 hour')`,
        intent,
      ],
    ],
    found: ({ id = '' }) => line(29, id, 'system:clearing:stripe - -'),
  },
  {
    type: 32,
    name: 'a movement has changed after it was settled',
    sites: payments(untouched),
    damage: ({ n }: Site): Damage => [
      [
        `update reconciliation.provider_objects set before = body || '{"amount":"498"}', before_version = version,
           before_at = now(), changed_at = now() where id = 'txn_c' || $1`,
        n,
      ],
    ],
    found: ({ n = '' }) => of(32, `txn_c${n}`, 1),
  },
  {
    type: 33,
    name: 'the provider has a kind of movement that nobody knows',
    sites: payments(`${untouched} and ${unpaidOut}`),
    damage: ({ n }) => [
      [
        `insert into reconciliation.provider_objects (title, provider, kind, id, version, settled, body, about, made_at,
           first_seen)
         select title, provider, kind, 'x' || id, version, settled, '{"type":"mystery","amount":"-11","fee":"0",
           "currency":"EUR","source":null}', null, made_at, first_seen
         from reconciliation.provider_objects where id = 'txn_c' || $1`,
        n,
      ],
    ],
    found: ({ n = '' }) => of(33, `xtxn_c${n}`, -11),
  },
];
