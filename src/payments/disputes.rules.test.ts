import { expect, test } from '@jest/globals';
import { disputeStates, standingOf } from './disputes.rules.js';
import type { DisputeState } from './outside.types.js';

const open: readonly DisputeState[] = ['needs_response', 'under_review', 'appealed'];

test('a payment is disputed while its bank decides, and an inquiry decides nothing', () => {
  expect(disputeStates.filter((state) => standingOf([state]) === 'open').sort()).toEqual([...open].sort());
  expect(standingOf([])).toBeNull();
});

test('a payment is lost by a dispute that is lost, unless another one is open yet', () => {
  expect(disputeStates.filter((state) => standingOf([state]) === 'lost')).toEqual(['lost']);
  for (const state of disputeStates) {
    const isOpen = open.includes(state);
    expect([standingOf(['lost', state]), standingOf([state, 'lost'])]).toEqual(
      isOpen ? ['open', 'open'] : ['lost', 'lost'],
    );
  }
});
