import { expect, test } from '@jest/globals';
import { exponentOf, neverPayable, stepOf, unpayable } from './money.rules.js';

test.each([
  ['EUR', 2, 1n],
  ['HUF', 2, 1n],
  ['TWD', 2, 1n],
  ['JPY', 0, 1n],
  ['XPF', 0, 1n],
  ['KWD', 3, 10n],
  ['TND', 3, 10n],
  ['ISK', 2, 100n],
  ['UGX', 2, 100n],
])('%s has %i digits behind the point and is paid in steps of %i', (currency, exponent, step) => {
  expect([exponentOf(currency), stepOf(currency)]).toEqual([exponent, step]);
});

test.each([
  ['EUR', '50'],
  ['GBP', '30'],
  ['JPY', '50'],
  ['KWD', '5120'],
  ['ISK', '500'],
  ['ZAR', '1'],
  ['USD', '99999999'],
])('in %s %s can be paid', (currency, amount) => {
  expect(unpayable({ currency, amount })).toBeUndefined();
});

test.each([
  ['EUR', '49', 'The least that can be paid in EUR is 0.50.'],
  ['JPY', '49', 'The least that can be paid in JPY is 50.'],
  ['ZAR', '0', 'The least that can be paid in ZAR is 0.01.'],
  ['USD', '100000000', 'The most that can be paid in USD is 999999.99.'],
  ['USD', '9'.repeat(18), 'The most that can be paid in USD is 999999.99.'],
  ['KWD', '5124', 'What is paid in KWD is a whole multiple of 0.010.'],
  ['ISK', '550', 'What is paid in ISK is a whole multiple of 1.00.'],
  ['UGX', '101', 'What is paid in UGX is a whole multiple of 1.00.'],
])('in %s %s cannot be paid, and is told why', (currency, amount, why) => {
  expect(unpayable({ currency, amount })).toBe(why);
});

test('a price is never payable where no quantity makes it so', () => {
  expect(neverPayable({ currency: 'EUR', amount: '1' }, 100)).toBeUndefined();
  expect(neverPayable({ currency: 'EUR', amount: '1' }, 49)).toBe('The least that can be paid in EUR is 0.50.');
  expect(neverPayable({ currency: 'KWD', amount: '5' }, 2)).toBeUndefined();
  expect(neverPayable({ currency: 'ISK', amount: '1' }, 99)).toBe('What is paid in ISK is a whole multiple of 1.00.');
  expect(neverPayable({ currency: 'EUR', amount: '100000000' }, 100)).toBe(
    'The most that can be paid in EUR is 999999.99.',
  );
});
