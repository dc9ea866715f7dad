import { describe, expect, it, test } from '@jest/globals';
import { orderOf, purchaseOf, termsOf } from '../../test/refunds/quotes.js';
import { exchangeOf, quote, stateDeclined } from './refunds.rules.js';
import type { RefundTerms, Takes } from './refunds.types.js';
import { noTotals } from './totals.statements.js';

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
      reverses: null,
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
    const totals = { ...noTotals, version: 7, refunded: 100n, taken };
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
    expect(termsOf(orderOf(40n), purchaseOf(), { ...totals, promised: 0n, refunded: 61n }).amount).toBe('40');
  });

  it('where nothing is left is declined', () => {
    for (const amount of [null, 1n])
      expect(quote(orderOf(amount), purchaseOf(), { ...noTotals, promised: 100n, refunded: 1n })).toMatchObject({
        declined: { code: 'already-refunded' },
      });
  });

  it('waits for what another one takes back', () => {
    const reversing = { ...noTotals, refunded: 50n, reversing: 50n };
    for (const found of [null, 'dp_1'])
      expect(quote(orderOf(1n, { found }), purchaseOf(), reversing)).toMatchObject({
        declined: { code: 'refund-under-way' },
      });
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

  it('that takes another one back gives back what was booked, and the instances that the store has', () => {
    const booked = [{ from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '4' }];
    const reverses = { refund: 'rfd_0', legs: booked };
    expect(exchangeOf({ ...refund, pay, amount: '499', found: 'dp_1', policy: 'absorb', reverses })).toEqual({
      id: 'rfd_1',
      title: 'arena',
      kind: 'refund',
      legs: booked,
      moves: [
        {
          instance: 'ins_1',
          from: 'system:store',
          to: 'player:ann',
          instead: { from: 'system:store', to: 'player:ann', asset: 'EUR', amount: '0' },
        },
      ],
      debit: { policy: 'debt' },
    });
  });

  it('that was found at the provider moves no money any more', () => {
    const { legs, refund: back } = exchangeOf({ ...refund, pay, amount: '499', found: 're_1' });
    expect([legs, back]).toEqual([[gems], undefined]);
  });
});
