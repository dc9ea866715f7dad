import { expect, test } from '@jest/globals';
import { endOf, modeOf } from './accounts.rules.js';

test.each([
  ['sk_test_4eC39HqLyjWD', 'test'],
  ['rk_live_4eC39HqLyjWD', 'live'],
  // The random part says nothing.
  ['sk_test_live_4eC39', 'test'],
])('the mode of %s is %s', (key, mode) => {
  expect(modeOf(key)).toBe(mode);
});

test.each([
  ['sk_test_4eC39HqLyjWDarjt', 'arjt'],
  ['whsec_4eC39HqLyjWD', 'yjWD'],
  ['sk_test_demo_title_0001', '0001'],
  ['sk_test_12345678', '5678'],
  ['sk_test_123', ''],
])('of %s the end %s may be shown', (secret, end) => {
  expect(endOf(secret)).toBe(end);
});
