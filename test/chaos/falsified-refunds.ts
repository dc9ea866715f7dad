import type { Books, CallRow, InstanceRow, Leg, PurchaseRow, TransferRow } from './books.js';
import { dealLegs, dealMints, isDone, isOfMoney, moneyOf } from './deals.rules.js';
import { sumOf } from './checker-refunds.rules.js';
import { answered, asked, at, read } from './falsified.js';
import { accountsOf } from './falsified-purchases.js';
import { purchases, refunds } from './falsified-refund-rows.js';
import type { Entry } from './recorder.js';
import type { RefundRow } from './refund-books.js';

const millis = Date.parse(at);
const cat = 'player:cat';
const leg = (from: string, to: string, asset: string, amount: string): Leg => ({ from, to, asset, amount });
const grants = {
  cat: [leg('system:mint', cat, 'gold', '100')],
  fees: [leg('system:mint', 'system:fees', 'gold', '9')],
};
const feePoints = [leg('system:mint', 'system:fees', 'points', '9')];
// Of 15 points 12 are spent.
const spent = [leg(cat, 'system:store', 'points', '12')];
/** What is booked by a refund that absorbs what was spent. */
const absorbed = [
  leg('system:store', cat, 'gold', '3'),
  leg(cat, 'system:mint', 'points', '3'),
  leg('system:fees', 'system:mint', 'points', '2'),
];

function transfersOf(): TransferRow[] {
  const plain = (key: string, legs: Leg[]): Omit<TransferRow, 'id' | 'sequence'> => ({
    title: 'one',
    kind: 'transfer',
    reason: key,
    reference: 'r',
    reverses: null,
    legs,
    told: 1,
  });
  const deal = (row: PurchaseRow | RefundRow): Omit<TransferRow, 'id' | 'sequence'> => ({
    ...plain('deal', row.id === 'rfd_5' ? absorbed : dealLegs(row)),
    kind: isOfMoney(row) || moneyOf(row) !== undefined ? 'paid' : 'exchange',
    reference: row.id,
  });
  const rows = [
    plain('g', grants.cat),
    plain('h', grants.fees),
    plain('i', feePoints),
    ...purchases.map(deal),
    plain('s', spent),
    ...refunds.filter(isDone).map(deal),
  ];
  return rows.map((row, index) => ({ ...row, id: `trf_${index + 1}`, sequence: index + 1 }));
}

function instancesOf(): InstanceRow[] {
  const moved: Record<string, string> = { ins_11: 'rfd_2', ins_21: 'rfd_3' };
  return purchases.flatMap((row) =>
    dealMints(row).map(({ instance, item, to }): InstanceRow => {
      const mint = { version: 1, kind: 'mint', from: null, to, cause: row.id, at: millis };
      const cause = moved[instance];
      const then =
        cause === undefined
          ? [{ version: 2, kind: 'burn', from: cat, to: null, cause: `b-${instance}`, at: millis }]
          : [
              { version: 2, kind: 'hold', from: cat, to: cat, cause, at: millis },
              { version: 3, kind: 'move', from: cat, to: 'system:store', cause, at: millis },
            ];
      return {
        id: instance,
        title: 'one',
        item,
        owner: cause === undefined ? cat : 'system:store',
        state: cause === undefined ? 'burned' : 'owned',
        serial: null,
        version: 1 + then.length,
        movements: [mint, ...then],
      };
    }),
  );
}

/** What is answered to a refund. */
export function bodyOf(row: RefundRow): Record<string, unknown> {
  const { id, state, code, purchase, player, product, amount, pay, takes, policy, restock, grounds, reference } = row;
  return {
    ...{ id, state, purchase, player, product, amount, takes, restock, grounds, createdAt: at },
    ...(code !== null && { reason: { code, detail: 'd' } }),
    pay: 'currency' in pay ? { currency: pay.currency, provider: pay.provider } : { asset: pay.asset },
    spentGoods: policy,
    ...(reference !== null && { reference }),
  };
}

function orderOf({ purchase, amount, policy, restock, grounds }: RefundRow): Record<string, unknown> {
  return { purchase, amount, spentGoods: policy, restock, reason: grounds, kind: 'part' };
}

function record(): Entry[] {
  const posted = (key: string, place: number, legs: Leg[], balances: [string, string, string][]): Entry[] => [
    asked(key, key === 's' ? 'pay' : 'grant', { legs, reason: key, reference: 'r' }),
    answered(key, 201, {
      ...{ id: `trf_${place}`, sequence: place, kind: 'transfer', reason: key, reference: 'r', legs },
      balances: balances.map(([owner, asset, amount]) => ({ owner, asset, posted: amount, available: amount })),
    }),
  ];
  const burned = ['ins_10', 'ins_20'].flatMap((instance): Entry[] => [
    asked(`b-${instance}`, 'burn', { instance, reason: `b-${instance}` }),
    answered(`b-${instance}`, 200, { id: instance, item: 'sword', owner: cat, state: 'burned', version: 2 }),
  ]);
  const [first] = purchases as [PurchaseRow];
  const told = (row: PurchaseRow, more: object): Record<string, unknown> => {
    const { id, state, version, content, player, product, quantity, pay, reference } = row;
    return { id, state, version, content, player, product, quantity, pay, reference, createdAt: at, ...more };
  };
  return [
    ...posted('g', 1, grants.cat, [
      ['system:mint', 'gold', '-100'],
      [cat, 'gold', '100'],
    ]),
    ...posted('h', 2, grants.fees, [
      ['system:mint', 'gold', '-109'],
      ['system:fees', 'gold', '9'],
    ]),
    ...posted('i', 3, feePoints, [
      ['system:mint', 'points', '-9'],
      ['system:fees', 'points', '9'],
    ]),
    ...purchases.flatMap((row): Entry[] => {
      const { player, product, quantity, pay, reference } = row;
      const way = moneyOf(row) === undefined ? {} : { way: 'card' };
      return [
        asked(row.key, 'purchase', { player, product, quantity, pay, reference, ...way }),
        { ...answered(row.key, 200, told(row, {})), tries: 1 },
      ];
    }),
    ...posted('s', 9, spent, [
      [cat, 'points', '3'],
      ['system:store', 'points', '12'],
    ]),
    ...burned,
    ...refunds.flatMap((row): Entry[] => [
      asked(row.key, 'refund', orderOf(row)),
      { ...answered(row.key, 200, bodyOf(row)), tries: 1 },
    ]),
    asked('over', 'refund', { purchase: 'pur_1', reason: 'g', kind: 'whole' }),
    { ...answered('over', 409, { code: 'already-refunded', detail: 'd' }), tries: 1 },
    asked('more', 'refund', { purchase: 'pur_4', amount: '100', reason: 'g', kind: 'part' }),
    { ...answered('more', 409, { code: 'refund-too-large', detail: 'd' }), tries: 1 },
    read('bought', 'purchase', 'pur_1'),
    answered('bought', 200, told(first, { state: 'refunded', refunded: '249' })),
    read('refunds', 'refunds', '', { purchase: 'pur_1' }),
    answered('refunds', 200, { data: refunds.slice(0, 2).toReversed().map(bodyOf), complete: true }),
  ];
}

function providerBooks(): Books['provider'] {
  const inMoney = purchases.filter((row) => moneyOf(row) !== undefined);
  const call = (path: string, key: string, effect: string): CallRow => ({ title: 'one', path, key, effect });
  return {
    intents: inMoney.map(({ id, pay }) => ({
      title: 'one',
      reference: `pi_${id}`,
      status: 'succeeded',
      amount: pay.amount,
      currency: 'eur',
      captured: pay.amount,
      metadata: { purchase: id, title: 'one' },
    })),
    refunds: refunds.filter(isOfMoney).map(({ id, purchase, amount, state, reference }) => ({
      title: 'one',
      reference: String(reference),
      intent: `pi_${purchase}`,
      status: state,
      amount,
      currency: 'eur',
      metadata: { purchase, title: 'one', refund: id },
    })),
    disputes: [],
    movements: refunds
      .filter((row) => isOfMoney(row) && isDone(row))
      .map(({ purchase, amount, reference }, place) => ({
        title: 'one',
        reference: `txn_${place}`,
        type: 'refund',
        source: String(reference),
        intent: `pi_${purchase}`,
        amount: `-${amount}`,
        fee: '0',
        currency: 'eur',
      })),
    calls: [
      ...inMoney.map(({ id }) => call(`/v1/payment_intents/pi_${id}/capture`, `${id}:capture:1`, 'captured')),
      ...refunds.filter(isOfMoney).map(({ id }) => call('/v1/refunds', `${id}:refund:1`, 'refunded')),
    ],
  };
}

function books(): Books {
  const transfers = transfersOf();
  const named = (reference: string): string => String(transfers.find((row) => row.reference === reference)?.id);
  return {
    transfers,
    accounts: accountsOf(transfers),
    transferOutcomes: transfers.map(({ id, kind, reference, reason }) => ({
      title: 'one',
      key: kind === 'transfer' ? `transfers/${reason}` : `exchange/${reference}`,
      id,
      code: null,
    })),
    trades: [],
    purchases: [...purchases],
    refunds: [...refunds],
    debts: [
      { title: 'one', owner: cat, asset: 'EUR', transfer: named('rfd_1'), amount: '125' },
      { title: 'one', owner: cat, asset: 'points', transfer: named('rfd_6'), amount: '5' },
    ],
    freezes: [{ title: 'one', owner: cat, asset: 'points', state: 'frozen', changes: 1, at: millis }],
    payments: purchases
      .filter((row) => moneyOf(row) !== undefined)
      .map(({ id }) => ({
        id,
        state: 'captured',
        reference: `pi_${id}`,
        returned: String(sumOf(refunds.filter((row) => row.purchase === id && isOfMoney(row) && isDone(row)))),
        keys: [`${id}:capture:1`, ...refunds.map((row) => `${row.id}:refund:1`)],
      })),
    outside: [],
    disputes: [],
    provider: providerBooks(),
    sales: [
      { title: 'one', product: 'blades', sold: 2 },
      { title: 'one', product: 'potion', sold: 2 },
    ],
    items: [{ title: 'one', item: 'sword', limit: null, issued: 0, reserved: 0 }],
    instances: instancesOf(),
    issues: ['ins_10', 'ins_20'].map((id) => ({ title: 'one', key: `burn/b-${id}`, id, code: null })),
    convoys: [1],
    disagreements: [],
  };
}

/**
 * A record and books that agree about refunds: of real money and of gold, of parts and of all, with items that are
 * missing and points that are spent, by each policy, one that has failed and two that were declined; then changed.
 */
export function falsifiedRefunds(change: (made: { entries: Entry[]; books: Books }) => void = () => undefined): {
  entries: Entry[];
  books: Books;
} {
  // No part may be shared, so that a change of one changes no other.
  const whole = { entries: JSON.parse(JSON.stringify(record())) as Entry[], books: structuredClone(books()) };
  change(whole);
  return whole;
}
