import { expect, test } from '@jest/globals';
import { providerStates, shownState, type ProviderState, type ShownState } from './shown.rules.js';
import type { Refund } from './refunds.types.js';

const open: [Refund['state'], ProviderState | undefined, ShownState][] = [
  ['accepted', undefined, 'planned'],
  ['accepted', 'planned', 'planned'],
  ['accepted', 'sent', 'sent'],
  ['accepted', 'pending', 'pending'],
  ['accepted', 'requires_action', 'requires_action'],
  // The provider is done with it, and the saga is not.
  ['accepted', 'succeeded', 'pending'],
  ['accepted', 'failed', 'pending'],
  ['accepted', 'canceled', 'pending'],
  ['processing', undefined, 'pending'],
  ['processing', 'sent', 'pending'],
  ['processing', 'requires_action', 'requires_action'],
  ['requires_action', undefined, 'requires_action'],
  ['requires_action', 'pending', 'requires_action'],
  ...providerStates.map((state): [Refund['state'], ProviderState, ShownState] => ['stuck', state, 'stuck']),
];

test.each(open)('an open refund whose row says %s, and whose provider %s, is shown as %s', (state, told, shown) => {
  expect(shownState({ state, closedAt: null }, told && { state: told })).toBe(shown);
});

test.each(['succeeded', 'failed', 'canceled', 'refused', 'compensated'] as const)(
  'a closed refund is shown as %s, whatever its provider has told',
  (state) => {
    for (const told of [undefined, ...providerStates])
      expect(shownState({ state, closedAt: new Date() }, told && { state: told })).toBe(state);
  },
);

test('a row that no refund has is not shown', () => {
  expect(() => shownState({ state: 'completed', closedAt: new Date() }, undefined)).toThrow('No refund is completed.');
});
