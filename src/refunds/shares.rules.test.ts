import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orderOf, purchaseOf, termsOf } from '../../test/refunds/quotes.js';
import type { PurchasedContent } from '../purchases/purchases.types.js';
import { pricedInstances, quote, stateDeclined, type Refundable } from './refunds.rules.js';
import type { RefundTerms, Totals } from './refunds.types.js';
import { noTotals } from './totals.statements.js';

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
