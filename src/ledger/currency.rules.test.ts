import { expect, it } from '@jest/globals';
import { exponentOf } from '../money.rules.js';
import { isCurrency } from './currency.rules.js';

it('three upper-case letters are a currency, and nothing that a title can define is', () => {
  expect(['EUR', 'JPY'].map(isCurrency)).toEqual([true, true]);
  expect(['eur', 'EU', 'EURO', 'EUR\n', 'E1R', 'gold'].map(isCurrency)).toEqual(Array(6).fill(false));
});

it('a currency has the decimals by which providers of payments count it', () => {
  const codes = ['EUR', 'USD', 'ISK', 'UGX', 'HUF', 'TWD', 'JPY', 'KRW', 'CLP', 'XPF', 'KWD', 'BHD', 'TND'];
  expect(codes.map(exponentOf)).toEqual([2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 3, 3, 3]);
});
