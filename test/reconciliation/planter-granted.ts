import type { Damage } from './histories.js';
import { line, payments } from './planter-money.js';
import type { Plant, Site } from './planter.js';

/* Goods of purchases in real money that have ended, and of which nothing is paid. */

/** The hold of a declined purchase has moved, and its crown is minted. */
const granted = ({ id, uuid, owner }: Site): Damage => {
  const purchase = 'purchases.purchases where id = $1';
  const crown = `substr(content->'items'->0->'instances'->>0, 5)::uuid`;
  return [
    [`update inventory.holds set state = 'moved', cause_code = null, cause_detail = null where exchange = $1`, id],
    [
      `insert into inventory.instances (id, title, item, owner, state, properties, serial, version)
       select ${crown}, title, 'crown', $2, 'owned', '{}',
         (select max(serial) + 1 from inventory.instances where item = 'crown'), 1 from ${purchase}`,
      uuid,
      owner,
    ],
    [
      `insert into inventory.movements (instance, version, kind, to_owner, cause)
       select ${crown}, 1, 'mint', $2, $3 from ${purchase}`,
      uuid,
      owner,
      id,
    ],
    [`update inventory.tallies set minted = minted + 1 where item = 'crown'`],
    [`update inventory.items set issued = issued + 1 where code = 'crown'`],
  ];
};

/** All that was captured late on the intent of a declined purchase has gone back, as the books say too. */
const capturedAndReturned = ({ id, n, intent }: Site): Damage => [
  [
    `update reconciliation.provider_objects
     set body = body || '{"status":"succeeded","received":"499"}' where id = $1`,
    intent,
  ],
  [
    `insert into reconciliation.provider_objects (title, provider, kind, id, version, body, about, made_at, first_seen)
     select title, provider, 'refund', 're_l' || $2, version, jsonb_build_object('status', 'succeeded', 'amount', '499',
       'currency', 'EUR', 'intent', id, 'charge', null, 'transaction', null, 'title', null, 'purchase', null, 'refund',
       null, 'foreign', null), id, made_at + interval '1 hour', first_seen
     from reconciliation.provider_objects where id = $1`,
    intent,
    n,
  ],
  ...(
    [
      ['late-capture', 'system:mint', 'system:clearing:stripe'],
      ['late-refund', 'system:clearing:stripe', 'system:mint'],
    ] as const
  ).map(
    ([reason, from, to]) =>
      [
        `select pg_temp.book(md5($1 || $3)::uuid, $1, $2, $1 || '/' || $3, $4, $5, 'EUR', 499)`,
        reason,
        id,
        intent,
        from,
        to,
      ] as const,
  ),
];

/** The damage by which goods of ended purchases are granted. */
export const grantedPlants: readonly Plant[] = [
  {
    type: 9,
    name: 'the goods of a refused purchase in money are granted',
    sites: payments(`p.state = 'cancelled'`),
    damage: (site) => [
      [`update purchases.purchases set state = 'refused' where id = $1`, site['uuid']],
      ['delete from payments.operations where payment = $1', site['id']],
      ['delete from payments.payments where id = $1', site['id']],
      ['delete from reconciliation.provider_objects where id = $1', site['intent']],
      ...granted(site),
    ],
    found: ({ id = '', owner = '' }) => line(9, id, owner, 'EUR', 499),
  },
  {
    type: 9,
    name: 'the goods of a cancelled purchase are granted, and its money is back',
    sites: payments(`p.state = 'cancelled'`),
    damage: (site) => [
      [`update purchases.purchases set state = 'cancelled' where id = $1`, site['uuid']],
      ...capturedAndReturned(site),
      ...granted(site),
    ],
    found: ({ id = '', owner = '' }) => line(9, id, owner, 'EUR', 499),
  },
];
