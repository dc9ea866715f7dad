import { describe, expect, it } from '@jest/globals';
import type { PaymentTerms } from '../provider.types.js';
import { bodyOf, pathOf, pathOfPage } from './stripe-bodies.rules.js';

const terms: PaymentTerms = { title: 'arena', id: 'pur_1', currency: 'EUR', amount: 123_456_789_012n, method: null };
const own = {
  amount: '123456789012',
  currency: 'eur',
  capture_method: 'manual',
  'automatic_payment_methods[enabled]': 'true',
  'metadata[title]': 'arena',
  'metadata[purchase]': 'pur_1',
};

describe('the body', () => {
  it('of a new intent never confirms it, and is captured by us', () => {
    expect(bodyOf('create', terms)).toEqual(own);
  });

  it('of a new intent with a method allows no way by another page', () => {
    expect(bodyOf('create', { ...terms, method: 'pm_1' })).toEqual({
      ...own,
      payment_method: 'pm_1',
      'automatic_payment_methods[allow_redirects]': 'never',
    });
  });

  it('of what is done to an intent is as small as can be', () => {
    const withMethod = { ...terms, method: 'pm_1' };
    expect(bodyOf('confirm', withMethod)).toEqual({ payment_method: 'pm_1', 'expand[0]': 'latest_charge' });
    expect(bodyOf('confirm', terms)).toEqual({ 'expand[0]': 'latest_charge' });
    expect(bodyOf('capture', withMethod)).toEqual({ amount_to_capture: '123456789012' });
    expect(bodyOf('cancel', withMethod)).toEqual({});
  });
});

describe('the path', () => {
  it('is of the intent, whatever its id has in it', () => {
    expect(pathOf('create', null)).toBe('/v1/payment_intents');
    expect(pathOf('capture', 'pi_1')).toBe('/v1/payment_intents/pi_1/capture');
    expect(pathOf('cancel', '../refunds?x=')).toBe('/v1/payment_intents/..%2Frefunds%3Fx%3D/cancel');
    expect(pathOf('fetch', 'pi_1')).toBe('/v1/payment_intents/pi_1?expand[0]=latest_charge.balance_transaction');
  });

  it('of a page has all of the time in it, in whole seconds', () => {
    const window = { from: new Date(1_000_999), to: new Date(2_000_001) };
    const query = 'created%5Bgte%5D=1000&created%5Blte%5D=2001&limit=100';
    expect(pathOfPage(window, undefined)).toBe(`/v1/payment_intents?${query}`);
    expect(pathOfPage(window, 'pi_1')).toBe(`/v1/payment_intents?${query}&starting_after=pi_1`);
  });
});
