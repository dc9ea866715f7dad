import { currency } from './money.js';
import { buyable, fortune, productOf, products, times, type Price, type Product } from './products.js';
import {
  burn,
  one,
  purchase,
  refund,
  reverse,
  trade,
  transfer,
  type Done,
  type Drawn,
  type Known,
  type Request,
} from './requests.js';

/**
 * What a refusal is made of: the title's own things, those of the other title, and the operation's key and reference.
 */
export interface Ground {
  known: Known;
  other: Known;
  drawn: Drawn;
  key: string;
  reference: string;
}

type Make = (ground: Ground) => Request | undefined;

const because = (request: Request | undefined, ...codes: string[]): Request | undefined =>
  request && { ...request, refusal: { kind: '', codes } };
const pay = ({ drawn, key, reference }: Ground, also: { asset?: string; amount?: string; from?: string }): Request => {
  const leg = {
    from: `player:${drawn.from}`,
    to: `player:${drawn.from}-2`,
    asset: 'gold',
    amount: String(drawn.amount),
    ...also,
  };
  return transfer('pay', leg, key, reference);
};

/** Every kind of request that the answer itself refuses. */
const requests: Record<string, Make> = {
  'more than there is': (ground) => because(pay(ground, { amount: fortune }), 'insufficient-funds'),
  'an asset that is not': (ground) => because(pay(ground, { asset: 'nothing' }), 'unknown-asset'),
  'more than may be held': (ground) =>
    because(pay(ground, { from: 'system:mint', asset: 'gems', amount: '5000' }), 'balance-limit-exceeded'),
  'an amount of nothing': (ground) => because(pay(ground, { amount: '0' }), 'validation-failed'),
  'a key without the scope': (ground) => because({ ...pay(ground, {}), readOnly: true }, 'forbidden'),
  'a transfer reversed twice': ({ known, drawn, key }) => {
    const id = one(known.reversed, drawn.pick);
    return id === undefined ? undefined : because(reverse(id, key), 'already-reversed');
  },
  'a reversal reversed': ({ known, drawn, key }) => {
    const id = one(known.reversals, drawn.pick);
    return id === undefined ? undefined : because(reverse(id, key), 'not-reversible');
  },
  "another title's transfer reversed": ({ other, drawn, key }) => {
    const id = one(other.transfers, drawn.pick)?.answer['id'];
    return id === undefined ? undefined : because(reverse(String(id), key), 'not-found');
  },
  "another title's item burned": ({ other, drawn, key }) => {
    const item = one(other.items, drawn.pick);
    return item && because(burn(item.id, key), 'not-found');
  },
  'an item burned twice': ({ known, drawn, key }) => {
    const id = one(known.burned, drawn.pick);
    return id === undefined ? undefined : because(burn(id, key), 'item-burned');
  },
  'an item that is not': ({ drawn, key }) =>
    because(
      {
        operation: 'mint',
        path: '/v1/item-instances',
        body: { item: 'nothing', owner: `player:${drawn.to}`, reason: key },
      },
      'unknown-item',
    ),
  'a key used again': ({ known, drawn, key }) => {
    const before = one(known.done, drawn.pick);
    if (before === undefined) return undefined;
    const { body } = before.request;
    const changed =
      'reason' in body ? { ...body, reason: `${key} once more` } : { ...body, reference: `${key} once more` };
    return because({ ...before.request, body: changed, key: before.key }, 'idempotency-key-reused');
  },
  'a trade with oneself': ({ drawn: { from, wait }, reference }) =>
    because(trade({ from, to: from, amount: '1', reference, wait }), 'validation-failed'),
};

/** Every kind of trade that is accepted and then refused. */
const trades: Record<string, Make> = {
  'a trade for more than there is': ({ drawn: { from, wait }, reference }) =>
    because(trade({ from, to: 'nobody', amount: fortune, reference, wait }), 'insufficient-funds'),
  'a trade for what is not tradeable': ({ drawn: { from, wait }, reference }) =>
    because(trade({ from, to: 'nobody', asset: 'points', amount: '1', reference, wait }), 'asset-not-tradeable'),
  'a trade for an asset that is not': ({ drawn: { from, wait }, reference }) =>
    because(trade({ from, to: 'nobody', asset: 'nothing', amount: '1', reference, wait }), 'unknown-asset'),
  "a trade of somebody else's item": ({ known, drawn: { from, wait, pick }, reference }) => {
    const item = one(known.items, pick);
    return (
      item &&
      because(
        trade({ from, to: 'nobody', item: item.id, amount: '1', reference, wait }),
        'item-not-owned',
        'item-burned',
      )
    );
  },
  'a trade of a burned item': ({ known, drawn: { from, wait, pick }, reference }) => {
    const id = one(known.burned, pick);
    return id === undefined
      ? undefined
      : because(trade({ from, to: 'nobody', item: id, reference, wait }), 'item-burned');
  },
  'a trade of an item that is bound': ({ known, drawn: { from, wait, pick }, reference }) => {
    const crown = one(known.crowns, pick);
    return crown && because(trade({ from, to: crown.owner, item: crown.id, reference, wait }), 'item-not-tradeable');
  },
  "a trade of another title's item": ({ other, drawn: { from, wait, pick }, reference }) => {
    const item = one(other.items, pick);
    if (item === undefined || item.owner === from) return undefined;
    return because(trade({ from, to: item.owner, item: item.id, reference, wait }), 'item-not-found');
  },
};

const buy = (
  { drawn, reference }: Ground,
  product: Product,
  also: { quantity?: number; pay?: Price } = {},
): Request => {
  const { from, wait } = drawn;
  return purchase({ player: from, product, quantity: 1, reference, wait, ...also });
};
const named = (code: string): Product => productOf(code) as Product;
const drawnOf = ({ drawn: { amount } }: Ground): Product => one(buyable, amount) as Product;

/** Every kind of purchase that is declined by its answer, or accepted and then refused, whatever was bought before. */
const purchases: Record<string, Make> = {
  'a purchase of what is not sold yet, or not any more': (ground) => {
    const notSold = products.filter((product) => product.notSold !== undefined);
    return because(buy(ground, one(notSold, ground.drawn.amount) as Product), 'not-on-sale');
  },
  'a purchase at another price': (ground) => {
    const { amount } = ground.drawn;
    const [product, quantity] = [drawnOf(ground), 1 + (amount % 3)];
    const pay = { asset: 'gold', amount: String(BigInt(times(product.price, quantity)) + 1n) };
    return because(buy(ground, product, { quantity, pay }), 'price-changed');
  },
  'a purchase in an asset that has no price': (ground) =>
    because(buy(ground, drawnOf(ground), { pay: { asset: 'gems', amount: '1' } }), 'price-changed'),
  'a purchase in real money at another price': (ground) => {
    const pay = { currency, amount: '9999', provider: 'stripe' };
    return because(buy(ground, drawnOf(ground), { pay }), 'price-changed');
  },
  'a purchase of a product that is not': (ground) =>
    because(buy(ground, { ...named('potion'), code: 'nothing' }), 'unknown-product'),
  'a purchase that mints too many': (ground) =>
    because(buy(ground, named('blades'), { quantity: 51 }), 'validation-failed'),
  'a purchase with a key without the scope': (ground) =>
    because({ ...buy(ground, named('potion')), readOnly: true }, 'forbidden'),
  'a purchase that nobody can pay': (ground) =>
    because(buy(ground, named('castle')), 'insufficient-funds', 'item-sold-out'),
};

const refundOf = ({ drawn, key }: Ground, purchase: unknown, amount?: string): Request =>
  refund({ purchase: String(purchase), kind: 'refused', ...(amount && { amount }), reason: key, wait: drawn.wait });
const boughtFor = (known: Known, drawn: Drawn, is: (state: string, paid: bigint) => boolean): Done | undefined => {
  const paidOf = ({ answer }: Done): bigint => BigInt((answer['pay'] as { amount: string }).amount);
  return one(
    known.purchases.filter((done) => is(known.stateOf(done), paidOf(done))),
    drawn.pick,
  );
};

/** Every kind of refund that is declined by its answer, whatever was refunded before. */
const refunds: Record<string, Make> = {
  'a refund of more than was paid': (ground) => {
    const done = boughtFor(ground.known, ground.drawn, (state, paid) => state === 'completed' && paid > 0n);
    const amount = String(BigInt((done?.answer['pay'] as { amount: string } | undefined)?.amount ?? '0') + 1n);
    return done && because(refundOf(ground, done.answer['id'], amount), 'refund-too-large', 'already-refunded');
  },
  'a refund of what was not sold': (ground) => {
    const done = boughtFor(ground.known, ground.drawn, (state) => state === 'refused');
    return done && because(refundOf(ground, done.answer['id']), 'purchase-not-refundable', 'purchase-not-paid');
  },
  'a refund of what was free': (ground) => {
    const done = boughtFor(ground.known, ground.drawn, (state, paid) => state === 'completed' && paid === 0n);
    return done && because(refundOf(ground, done.answer['id']), 'purchase-not-refundable');
  },
  "a refund of another title's purchase": (ground) => {
    const done = boughtFor(ground.other, ground.drawn, () => true);
    return done && because(refundOf(ground, done.answer['id']), 'not-found');
  },
  'a refund with a key without the scope': (ground) => {
    const done = boughtFor(ground.known, ground.drawn, () => true);
    return done && because({ ...refundOf(ground, done.answer['id']), readOnly: true }, 'forbidden');
  },
};

export const refusalKinds = [
  ...Object.keys(requests),
  ...Object.keys(trades),
  ...Object.keys(purchases),
  ...Object.keys(refunds),
];
const makes: Partial<Record<Drawn['operation'], Record<string, Make>>> = {
  refused: requests,
  'refused trade': trades,
  'refused purchase': purchases,
  'refused refund': refunds,
};

/** A request that is refused by design. @returns undefined where what it needs is not there yet */
export function refused(ground: Ground): Request | undefined {
  const { operation, pick } = ground.drawn;
  const [kind, make] = one(Object.entries(makes[operation] ?? {}), pick) as [string, Make];
  const request = make(ground);
  return request && { ...request, refusal: { kind, codes: request.refusal?.codes ?? [] } };
}
