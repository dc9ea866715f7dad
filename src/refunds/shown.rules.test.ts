import { expect, test } from '@jest/globals';
import { refundStates, type RefundState } from '../payments/refunds.types.js';
import { shownState, type ShownState } from './shown.rules.js';
import type { Refund } from './refunds.types.js';

const open: [Refund['state'], RefundState | undefined, ShownState][] = [
  ['accepted', undefined, 'planned'],
  ['accepted', 'accepted', 'planned'],
  ['accepted', 'sending', 'sent'],
  ['accepted', 'pending', 'pending'],
  ['accepted', 'requires_action', 'requires_action'],
  // The provider is done with it, and the saga is not.
  ['accepted', 'succeeded', 'pending'],
  ['accepted', 'failed', 'pending'],
  ['accepted', 'canceled', 'pending'],
  ['processing', undefined, 'pending'],
  ['processing', 'sending', 'pending'],
  ['processing', 'requires_action', 'requires_action'],
  ['requires_action', undefined, 'requires_action'],
  ['requires_action', 'pending', 'requires_action'],
  ...refundStates.map((state): [Refund['state'], RefundState, ShownState] => ['stuck', state, 'stuck']),
];

test.each(open)('an open refund whose row says %s, and whose provider %s, is shown as %s', (state, told, shown) => {
  expect(shownState({ state, closedAt: null }, told)).toBe(shown);
});

test.each(['succeeded', 'failed', 'canceled', 'refused', 'compensated'] as const)(
  'a closed refund is shown as %s, whatever its provider has told',
  (state) => {
    for (const told of [undefined, ...refundStates])
      expect(shownState({ state, closedAt: new Date() }, told)).toBe(state);
  },
);

test('a row that no refund has is not shown', () => {
  expect(() => shownState({ state: 'completed', closedAt: new Date() }, undefined)).toThrow('No refund is completed.');
});
