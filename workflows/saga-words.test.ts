import { describe, expect, test } from '@jest/globals';
import { actsAt, detailsOf } from './saga-words.js';

const stand = { step: 'inventoryMove', undo: false, says: 'move the items of trd_1', since: new Date(0), why: 'It is\nbroken.' };

describe('a run', () => {
  test('says what it does, and nothing when it does nothing', () => {
    expect(detailsOf(['move the items of trd_1', 'close trd_2'], [], { alone: false, legs: true })).toBe('Under way: move the items of trd_1; close trd_2.');
    expect(detailsOf([], [], { alone: true, legs: true })).toBe('');
  });

  test('that is stuck says in its first line since when, where and why, and then how it is steered', () => {
    expect(detailsOf(['move the items of trd_1'], [stand], { alone: true, legs: true })).toBe(
      '**Stuck** since 1970-01-01T00:00:00.000Z at `inventoryMove` (move the items of trd_1): It is broken.\n\nIt is tried again by itself; see Pending Activities. To steer it: `retry` or `resolve`; docs/operations.md.',
    );
  });

  test('whose undo cannot be done says so first, and a convoy that nobody can steer it', () => {
    expect(detailsOf([], [{ ...stand, undo: true }], { alone: true, legs: true })).toMatch(/^\*\*Parked, because an undo cannot be done,\*\* since/);
    expect(detailsOf([], [stand], { alone: false, legs: true })).toContain('an outage');
  });
});

test('what an operator can do goes by the pivot', () => {
  expect(actsAt('ledgerTransfer', true)).toContain('compensate');
  expect(actsAt('inventoryMove', true)).toContain('resolve');
  expect(actsAt('inventoryMove', false)).toContain('compensate');
  expect(actsAt('inventoryRelease', false)).toEqual(['retry']);
  expect(actsAt('closeTrades', true)).toEqual(['retry']);
});
