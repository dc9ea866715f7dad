import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { PurchasedContent } from '../purchases/purchases.types.js';
import { exchangeOf, pricedInstances, quote, stateDeclined, type Refundable } from './refunds.rules.js';
import type { RefundOrder, RefundTerms, Takes, Totals } from './refunds.types.js';
import { noTotals } from './totals.statements.js';

const content: PurchasedContent = {
  amounts: [{ asset: 'gem', amount: '50' }],
  items: [
    { item: 'sword', instances: ['ins_1', 'ins_2'] },
    { item: 'crown', instances: ['ins_3'] },
  ],
};

function purchaseOf(over: Partial<Refundable> = {}): Refundable {
  return {
    id: 'pur_1',
    state: 'completed',
    player: 'ann',
    product: 'pack',
    pay: { asset: 'gold', amount: '101' },
    content,
    ...over,
  };
}

function orderOf(amount: bigint | null, over: Partial<RefundOrder> = {}): RefundOrder {
  return { amount, policy: 'debt', restock: false, grounds: 'asked for', found: null, ...over };
}

function termsOf(order: RefundOrder, purchase = purchaseOf(), totals: Totals = noTotals): RefundTerms {
  const quoted = quote(order, purchase, totals);
  if ('declined' in quoted) throw new Error(quoted.declined.detail);
  return quoted.terms;
}

describe('a quote', () => {
  it('of all that is left takes all, with the price of each instance', () => {
    expect(termsOf(orderOf(null))).toEqual({
      purchase: 'pur_1',
      player: 'ann',
      product: 'pack',
      amount: '101',
      pay: { asset: 'gold', amount: '101' },
      takes: {
        amounts: [{ asset: 'gem', amount: '50' }],
        items: [
          { instance: 'ins_1', owed: '25' },
          { instance: 'ins_2', owed: '25' },
          { instance: 'ins_3', owed: '25' },
        ],
      },
      policy: 'debt',
      restock: false,
      grounds: 'asked for',
      found: null,
      decidedAt: 0,
    });
  });

  it('of a part takes that share rounded down, in the order of the content', () => {
    // 34 of 101 are 16.8 of 50 gems and 1.01 of 3 instances.
    expect(termsOf(orderOf(34n)).takes).toEqual({
      amounts: [{ asset: 'gem', amount: '16' }],
      items: [{ instance: 'ins_1', owed: '25' }],
    });
    expect(termsOf(orderOf(1n)).takes).toEqual({ amounts: [], items: [] });
  });

  it('goes by the version of the totals, and by what other refunds have taken', () => {
    const taken: Takes[] = [{ amounts: [{ asset: 'gem', amount: '49' }], items: [{ instance: 'ins_2', owed: '25' }] }];
    const totals = { ...noTotals, version: 7, promised: 50n, refunded: 50n, taken };
    expect(termsOf(orderOf(null), purchaseOf(), totals)).toMatchObject({
      amount: '1',
      decidedAt: 7,
      takes: {
        amounts: [{ asset: 'gem', amount: '1' }],
        items: [{ instance: 'ins_1' }, { instance: 'ins_3' }],
      },
    });
  });

  it('never takes less than nothing, where others have taken more than their share', () => {
    const taken: Takes[] = [{ amounts: [{ asset: 'gem', amount: '50' }], items: [{ instance: 'ins_1', owed: '25' }] }];
    const totals = { ...noTotals, refunded: 1n, taken };
    expect(termsOf(orderOf(1n), purchaseOf(), totals).takes).toEqual({ amounts: [], items: [] });
  });

  it('of more than is left says what is left, in what was paid', () => {
    const totals = { ...noTotals, promised: 1n, refunded: 60n };
    expect(quote(orderOf(41n), purchaseOf(), totals)).toMatchObject({
      declined: { code: 'refund-too-large', left: { asset: 'gold', amount: '40' }, errors: [{ pointer: '/amount' }] },
    });
    const pay = { currency: 'EUR', amount: '101', provider: 'stripe' as const };
    expect(quote(orderOf(41n), purchaseOf({ pay }), totals)).toMatchObject({
      declined: { left: { currency: 'EUR', amount: '40' } },
    });
    expect(termsOf(orderOf(40n), purchaseOf(), totals).amount).toBe('40');
  });

  it('where nothing is left, or the payment is disputed, is declined', () => {
    for (const amount of [null, 1n])
      expect(quote(orderOf(amount), purchaseOf(), { ...noTotals, promised: 100n, refunded: 1n })).toMatchObject({
        declined: { code: 'already-refunded' },
      });
    const disputed = { ...noTotals, disputed: true };
    expect(quote(orderOf(1n), purchaseOf(), disputed)).toMatchObject({ declined: { code: 'purchase-disputed' } });
    expect(termsOf(orderOf(1n, { found: 'dp_1' }), purchaseOf(), disputed).found).toBe('dp_1');
  });
});

test.each([
  ['accepted', 'It is not completed yet.'],
  ['stuck', 'It is not completed yet.'],
  ['requires_action', 'It is not completed yet.'],
  ['processing', 'It is not completed yet.'],
  ['refused', 'It is refused.'],
  ['declined', 'It is declined.'],
  ['cancelled', 'It is cancelled.'],
] as const)('a purchase that is %s is not refundable', (state, why) => {
  const detail = `The purchase cannot be refunded. ${why}`;
  expect(stateDeclined(purchaseOf({ state }))).toEqual({ code: 'purchase-not-refundable', detail });
});

test('a purchase that was free is not refundable, and one that was paid is', () => {
  expect(stateDeclined(purchaseOf({ pay: { asset: 'gold', amount: '0' } }))).toMatchObject({
    detail: 'The purchase cannot be refunded. It was free.',
  });
  expect(stateDeclined(purchaseOf())).toBeUndefined();
});

const contents = fc
  .record({ amounts: fc.array(fc.bigInt(1n, 1_000n), { maxLength: 3 }), items: fc.array(fc.nat(4), { maxLength: 3 }) })
  .map(({ amounts, items }): PurchasedContent => {
    let made = 0;
    return {
      amounts: amounts.map((amount, index) => ({ asset: `asset-${index}`, amount: String(amount) })),
      items: items.map((count, index) => ({
        item: `item-${index}`,
        instances: Array.from({ length: count }, () => `ins_${++made}`),
      })),
    };
  });
const instancesOf = (some: PurchasedContent): string[] => some.items.flatMap(({ instances }) => instances);
const sum = (some: readonly bigint[]): bigint => some.reduce((a, b) => a + b, 0n);

/** Refunds that follow each other: each asks for a part of what is left, and then some are given up. */
function run(purchase: Refundable, steps: readonly { percent: number; givesUp: boolean }[]): RefundTerms[] {
  const counting: RefundTerms[] = [];
  const totals = (): Totals => ({
    ...noTotals,
    refunded: sum(counting.map(({ amount }) => BigInt(amount))),
    taken: counting.map(({ takes }) => takes),
  });
  const left = (): bigint => BigInt(purchase.pay.amount) - totals().refunded;
  for (const { percent, givesUp } of steps) {
    if (left() === 0n) break;
    const part = (left() * BigInt(percent)) / 100n;
    counting.push(termsOf(orderOf(part > 0n ? part : 1n), purchase, totals()));
    if (givesUp) counting.splice(Math.floor((counting.length * percent) / 101), 1);
  }
  if (left() > 0n) counting.push(termsOf(orderOf(null), purchase, totals()));
  return counting;
}

/** What becomes of refunds that are asked for while others are open, of which any may fail. */
function runOpen(purchase: Refundable, parts: readonly { percent: number; end: 'done' | 'fails' | 'open' }[]) {
  const done: RefundTerms[] = [];
  const open: RefundTerms[] = [];
  const amountOf = (some: readonly RefundTerms[]): bigint => sum(some.map(({ amount }) => BigInt(amount)));
  for (const { percent, end } of parts) {
    const left = BigInt(purchase.pay.amount) - amountOf(done) - amountOf(open);
    const part = (left * BigInt(percent)) / 100n;
    const totals = {
      ...noTotals,
      promised: amountOf(open),
      refunded: amountOf(done),
      taken: [...done, ...open].map(({ takes }) => takes),
    };
    const quoted = quote(orderOf(part > 0n ? part : null), purchase, totals);
    if ('terms' in quoted) open.push(quoted.terms);
    else if (open.length === 0 && left > 0n) throw new Error(quoted.declined.detail);
    const [first] = open;
    if (end === 'open' || first === undefined) continue;
    open.splice(0, 1);
    if (end === 'done') done.push(first);
  }
  return done;
}

test('nobody takes more than the share of what was refunded, whichever of several open refunds fail', () => {
  const parts = fc.array(fc.record({ percent: fc.nat(100), end: fc.constantFrom('done', 'fails', 'open') }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(contents, fc.bigInt(1n, 2_000n), parts, (some, paid, orders) => {
      const refunds = runOpen(purchaseOf({ content: some, pay: { asset: 'gold', amount: String(paid) } }), orders);
      const refunded = sum(refunds.map(({ amount }) => BigInt(amount)));
      const items = refunds.flatMap(({ takes }) => takes.items).length;
      expect(BigInt(items)).toBeLessThanOrEqual((BigInt(instancesOf(some).length) * refunded) / paid);
      for (const { asset, amount } of some.amounts) {
        const taken = refunds.flatMap(({ takes }) => takes.amounts).filter((one) => one.asset === asset);
        expect(sum(taken.map((one) => BigInt(one.amount)))).toBeLessThanOrEqual((BigInt(amount) * refunded) / paid);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a refund that would take more than its own share waits until the open one is over', () => {
  const purchase = purchaseOf({ content: { amounts: [], items: [{ item: 'sword', instances: ['ins_1'] }] } });
  const open = { ...noTotals, promised: 100n, taken: [{ amounts: [], items: [] }] };
  expect(quote(orderOf(null), purchase, open)).toMatchObject({ declined: { code: 'refund-under-way' } });
  const over = { ...open, promised: 0n, refunded: 100n };
  expect(termsOf(orderOf(null), purchase, over).takes.items).toHaveLength(1);
});

test.each([
  ['KWD', 5n, 10],
  ['ISK', 150n, 100],
] as const)('a part that %s cannot have is refused', (unit, amount, step) => {
  const pay = { currency: unit, amount: '10000', provider: 'stripe' } as const;
  expect(quote(orderOf(amount), purchaseOf({ pay }), noTotals)).toMatchObject({
    declined: { code: 'amount-not-payable', detail: `Amounts of ${unit} are whole multiples of ${step}.` },
  });
  expect(termsOf(orderOf(1_000n), purchaseOf({ pay })).amount).toBe('1000');
});

test('a purchase in real money that has ended unpaid says so', () => {
  const pay = { currency: 'EUR', amount: '499', provider: 'stripe' } as const;
  expect(stateDeclined(purchaseOf({ state: 'cancelled', pay }))).toEqual({
    code: 'purchase-not-paid',
    detail: 'Nothing was captured of the purchase, so there is nothing to refund. It is cancelled.',
  });
});

const steps = fc.array(fc.record({ percent: fc.nat(100), givesUp: fc.boolean() }), { maxLength: 12 });

test('refunds of any parts, some of which are given up, come to the whole content and price, and never to more', () => {
  fc.assert(
    fc.property(contents, fc.bigInt(1n, 2_000n), steps, (some, paid, parts) => {
      const purchase = purchaseOf({ content: some, pay: { asset: 'gold', amount: String(paid) } });
      const refunds = run(purchase, parts);
      expect(sum(refunds.map(({ amount }) => BigInt(amount)))).toBe(paid);
      for (const { asset, amount } of some.amounts) {
        const taken = refunds.flatMap(({ takes }) => takes.amounts).filter((one) => one.asset === asset);
        expect(sum(taken.map((one) => BigInt(one.amount)))).toBe(BigInt(amount));
        for (const one of taken) expect(BigInt(one.amount)).toBeGreaterThan(0n);
      }
      const taken = refunds.flatMap(({ takes }) => takes.items.map(({ instance }) => instance));
      expect([...taken].sort()).toEqual(instancesOf(some).sort());
    }),
  );
});

test('nobody takes more than the share of what is refunded, where no refund is given up', () => {
  fc.assert(
    fc.property(contents, fc.bigInt(1n, 2_000n), steps, (some, paid, parts) => {
      const purchase = purchaseOf({ content: some, pay: { asset: 'gold', amount: String(paid) } });
      const refunds = run(
        purchase,
        parts.map((part) => ({ ...part, givesUp: false })),
      );
      for (const count of refunds.keys()) {
        const first = refunds.slice(0, count + 1);
        const after = sum(first.map(({ amount }) => BigInt(amount)));
        const items = first.flatMap(({ takes }) => takes.items).length;
        expect(BigInt(items)).toBe((BigInt(instancesOf(some).length) * after) / paid);
      }
    }),
  );
});

test('the prices of all parts come to what was paid, and differ by one at most', () => {
  fc.assert(
    fc.property(contents, fc.bigInt(1n, 2_000n), (some, paid) => {
      const prices = pricedInstances(some, paid).map(({ owed }) => BigInt(owed));
      const parts = BigInt(some.amounts.length + prices.length);
      if (some.amounts.length === 0 && prices.length > 0) expect(sum(prices)).toBe(paid);
      expect(sum(prices)).toBeLessThanOrEqual(paid);
      for (const price of prices) expect([paid / parts, paid / parts + 1n]).toContain(price);
      expect([...prices].sort((a, b) => Number(b - a))).toEqual(prices);
    }),
  );
});

describe('the exchange of a refund', () => {
  const takes = { amounts: [{ asset: 'gem', amount: '5' }], items: [{ instance: 'ins_1', owed: '60' }] };
  const terms: RefundTerms = { ...termsOf(orderOf(null)), takes };
  const refund = { ...terms, id: 'rfd_1', title: 'arena' };
  const pay = { currency: 'EUR', amount: '499', provider: 'stripe' as const };
  const gems = { from: 'player:ann', to: 'system:mint', asset: 'gem', amount: '5' };

  it('of a purchase in virtual currency pays the player back, and owes the price of what is missing', () => {
    expect(exchangeOf(refund)).toEqual({
      id: 'rfd_1',
      title: 'arena',
      kind: 'refund',
      legs: [{ from: 'system:store', to: 'player:ann', asset: 'gold', amount: '101' }, gems],
      moves: [
        {
          instance: 'ins_1',
          from: 'player:ann',
          to: 'system:store',
          instead: { from: 'player:ann', to: 'system:store', asset: 'gold', amount: '60' },
        },
      ],
      debit: { policy: 'debt' },
    });
  });

  it('of real money gives it back at its provider, and owes in its currency', () => {
    expect(exchangeOf({ ...refund, pay, amount: '499', policy: 'freeze' })).toMatchObject({
      legs: [{ from: 'system:clearing:stripe', to: 'system:mint', asset: 'EUR', amount: '499' }, gems],
      moves: [{ instead: { from: 'player:ann', to: 'system:store', asset: 'EUR', amount: '60' } }],
      refund: { provider: 'stripe', purchase: 'pur_1', currency: 'EUR', amount: '499' },
      debit: { policy: 'freeze' },
    });
  });

  it('whose loss is absorbed writes off what is missing against the fees', () => {
    expect(exchangeOf({ ...refund, policy: 'absorb' })).toMatchObject({
      moves: [{ instead: { from: 'system:fees', to: 'system:store' } }],
      debit: { policy: 'available', writeOff: 'system:fees' },
    });
  });

  it('that was found at the provider moves no money any more', () => {
    const { legs, refund: back } = exchangeOf({ ...refund, pay, amount: '499', found: 're_1' });
    expect([legs, back]).toEqual([[gems], undefined]);
  });
});
