import { expect, test } from '@jest/globals';
import type { Exchange, Leg } from '../contracts/nouns.js';
import { legsOf } from './exchange.rules.js';

const pay: Leg = { from: 'system:clearing:stripe', to: 'system:mint', asset: 'EUR', amount: '100' };

function refundOf(count: number, owed: string): Exchange {
  const instances = Array.from({ length: count }, (_, place) => `ins_${place}`);
  const instead = { from: 'player:ann', to: 'system:store', asset: 'EUR', amount: owed };
  const moves = instances.map((instance) => ({ instance, from: 'player:ann', to: 'system:store', instead }));
  return { id: 'rfd_1', title: 'arena', kind: 'refund', legs: [pay], moves };
}

const missing = (exchange: Exchange, count: number): Map<string, string[]> =>
  new Map([[exchange.id, exchange.moves.slice(0, count).map(({ instance }) => instance)]]);

test('what is owed for however many missing instances is one leg, so that a transfer has room for it', () => {
  const exchange = refundOf(100, '1');
  const owed = { from: 'player:ann', to: 'system:store', asset: 'EUR', amount: '100' };
  expect(legsOf(exchange, missing(exchange, 100))).toEqual([pay, owed]);
  expect(legsOf(exchange, missing(exchange, 3))).toEqual([pay, { ...owed, amount: '3' }]);
});

test('what nobody owes anything for is not booked', () => {
  const exchange = refundOf(2, '0');
  expect(legsOf(exchange, missing(exchange, 2))).toEqual([pay]);
  expect(legsOf(refundOf(2, '5'), new Map())).toEqual([pay]);
});
