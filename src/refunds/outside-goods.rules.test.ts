import { describe, expect, it } from '@jest/globals';
import { orderOf, purchaseOf, termsOf } from '../../test/refunds/quotes.js';
import type { SpentGoods } from '../payments/accounts.types.js';
import { givingBackOf, takingOf, type BookedLeg, type Following } from './outside-goods.rules.js';
import type { Refund, Totals } from './refunds.types.js';
import { noTotals } from './totals.statements.js';

const pay = { currency: 'EUR', amount: '101', provider: 'stripe' as const };
const purchase = purchaseOf({ pay });

function refundOf(id: string, over: Partial<Refund> = {}): Refund {
  const terms = termsOf(orderOf(34n, { found: 'dp_1' }), purchase);
  const times = { createdAt: new Date(0), closedAt: new Date(0) };
  const row = { id, title: 'arena', state: 'succeeded' as const, reason: null, workflowId: null };
  return { ...terms, ...row, ...times, ...over };
}

const isOpen = { state: 'stuck', closedAt: null } as const;
const reversing = (id: string, over: Partial<Refund> = {}): Refund =>
  refundOf(id, { reverses: { refund: 'rfd_1', legs: [] }, ...over });

describe('money that has left', () => {
  const moved = { kind: 'dispute', about: 'dp_1', counted: 34n, away: 34n } as const;
  const taking = (
    totals: Totals,
    {
      of = purchase,
      refunds = [],
      policy = 'debt',
    }: { of?: typeof purchase; refunds?: Refund[]; policy?: SpentGoods } = {},
    by: Parameters<typeof takingOf>[0] = moved,
  ): Following => takingOf(by, of, { totals, refunds, policy });

  it('takes its share of the goods along', () => {
    const terms = termsOf(orderOf(34n, { policy: 'freeze' }), purchase);
    const grounds = "The buyer's bank disputes the payment.";
    expect(taking(noTotals, { policy: 'freeze' })).toEqual({ accept: [{ ...terms, grounds, found: 'dp_1' }] });
  });

  it('takes no more than is left', () => {
    expect(taking({ ...noTotals, refunded: 90n })).toMatchObject({ accept: [{ amount: '11' }] });
    expect(taking({ ...noTotals, refunded: 101n })).toBe('nothing');
  });

  it('takes no goods again that stayed away when a part of the money came back', () => {
    const refunded = { ...noTotals, refunded: 34n };
    // 34 have left, 20 have come back, and 15 or 20 or 30 leave again.
    const again = (counted: bigint): Following =>
      taking(refunded, { refunds: [refundOf('rfd_1')] }, { ...moved, counted, away: 14n + counted });
    expect([again(15n), again(20n)]).toEqual(['nothing', 'nothing']);
    expect(again(30n)).toMatchObject({ accept: [{ amount: '10' }] });
    // What was taken back before was not taken.
    const reversed = [refundOf('rfd_1'), reversing('rfd_2')];
    expect(taking(noTotals, { refunds: reversed })).toMatchObject({ accept: [{ amount: '34' }] });
  });

  it('waits for open refunds that it has not enough beside, or whose share it would take', () => {
    expect(taking({ ...noTotals, promised: 68n })).toBe('later');
    expect(taking({ ...noTotals, promised: 101n })).toBe('later');
    // Two of 101 are no instance each, and 34 beside 33 of them are one more than 34 alone.
    const taken = [{ amounts: [], items: [] }];
    expect(taking({ ...noTotals, promised: 34n, taken })).toBe('later');
  });

  it('waits for what is being taken back, also where that is all of it', () => {
    for (const amount of [34n, 101n])
      expect(taking({ ...noTotals, refunded: amount, reversing: amount })).toBe('later');
    expect(taking(noTotals, { refunds: [refundOf('rfd_1', isOpen)] })).toBe('later');
  });

  it('waits for a purchase that goes on, and takes nothing of one that has ended otherwise', () => {
    for (const state of ['accepted', 'stuck', 'requires_action', 'processing'] as const)
      expect(taking(noTotals, { of: purchaseOf({ pay, state }) })).toBe('later');
    for (const state of ['cancelled', 'compensated', 'declined', 'expired', 'refused'] as const)
      expect(taking(noTotals, { of: purchaseOf({ pay, state }) })).toBe('nothing');
  });
});

describe('money that has come back', () => {
  const moved = { kind: 'dispute-reinstated', away: 0n } as const;
  const totals = { ...noTotals, version: 3, refunded: 68n };
  const legs: BookedLeg[] = [
    { from: 'player:ann', to: 'system:mint', asset: 'gem', amount: 10n },
    { from: 'system:fees', to: 'system:mint', asset: 'gem', amount: 6n },
    { from: 'player:ann', to: 'system:store', asset: 'EUR', amount: 25n },
  ];
  const booked = new Map([['rfd_1', legs]]);
  const givingBack = (refunds: Refund[], by: Parameters<typeof givingBackOf>[0] = moved): Following =>
    givingBackOf(by, refunds, { totals, booked });

  it('takes back each refund that it has taken the goods with, as it was booked', () => {
    const turned = [
      { from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '10' },
      { from: 'system:mint', to: 'system:fees', asset: 'gem', amount: '6' },
      { from: 'system:store', to: 'player:ann', asset: 'EUR', amount: '25' },
    ];
    const grounds = 'The disputed money has come back.';
    expect(givingBack([refundOf('rfd_1'), refundOf('rfd_2')])).toMatchObject({
      accept: [
        { amount: '34', grounds, reverses: { refund: 'rfd_1', legs: turned }, decidedAt: 3 },
        { amount: '34', grounds, reverses: { refund: 'rfd_2', legs: [] }, decidedAt: 4 },
      ],
    });
  });

  it('takes back nothing before all of it is back', () => {
    expect(givingBack([refundOf('rfd_1')], { ...moved, away: 1n })).toBe('nothing');
  });

  it('takes back once, and nothing that was not taken', () => {
    expect(givingBack([])).toBe('nothing');
    expect(givingBack([refundOf('rfd_1'), reversing('rfd_2')])).toBe('nothing');
    for (const state of ['refused', 'compensated', 'failed'] as const)
      expect(givingBack([refundOf('rfd_1', { state })])).toBe('nothing');
  });

  it('waits for what is open', () => {
    expect(givingBack([refundOf('rfd_1', isOpen)])).toBe('later');
    expect(givingBack([refundOf('rfd_1'), reversing('rfd_2', isOpen)])).toBe('later');
  });
});
