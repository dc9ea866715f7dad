import { expect, test } from '@jest/globals';
import { bookedLegs } from './absorbed.rules.js';
import { purchases, refunds } from './falsified-refund-rows.js';
import { accountsOf } from './falsified-purchases.js';
import type { TransferRow } from './books.js';

const transfer = (sequence: number, reference: string | null, to: string): TransferRow => ({
  ...{
    id: `trf_${sequence}`,
    title: 'one',
    sequence,
    kind: 'exchange',
    reason: 'g',
    reverses: null,
    told: 1,
    reference,
  },
  legs: [{ from: 'system:fees', to, asset: 'points', amount: '5' }],
});

test('the fees bear all that a player did not have then, whatever they have got since', () => {
  const transfers = [transfer(1, 'rfd_5', 'system:mint'), transfer(2, null, 'player:cat')];
  const accounts = new Map(accountsOf(transfers).map((one) => [`one ${one.owner} ${one.asset}`, one]));
  expect(bookedLegs([...purchases, ...refunds], transfers, accounts).get('rfd_5')).toEqual([
    { from: 'system:store', to: 'player:cat', asset: 'gold', amount: '3' },
    { from: 'system:fees', to: 'system:mint', asset: 'points', amount: '5' },
  ]);
});
