import { describe, expect, test } from '@jest/globals';
import { actsAt } from './exchange.rules.js';
import { detailsOf } from './run-details.js';

const stuck = {
  step: 'inventoryMove',
  undo: false,
  description: 'move the items of trd_1',
  since: new Date(0),
  why: 'It is\nbroken.',
};
const alone = { alone: true, actsAt: (step: string) => actsAt(step, 'ledger') };
const convoy = { ...alone, alone: false };

describe('a run', () => {
  test('says what it does, and nothing when it does nothing', () => {
    expect(detailsOf(['move the items of trd_1', 'close trd_2'], [], undefined, convoy)).toBe(
      'Under way: move the items of trd_1; close trd_2.',
    );
    expect(detailsOf([], [], undefined, alone)).toBe('');
  });

  test('that is stuck says in its first line since when, where and why, and then how it is steered', () => {
    expect(detailsOf(['move the items of trd_1'], [stuck], undefined, alone)).toBe(
      '**Stuck** since 1970-01-01T00:00:00.000Z at `inventoryMove` (move the items of trd_1): It is broken.\n\n' +
        'It is tried again by itself; see Pending Activities. To steer it: `retry` or `resolve`; docs/operations.md.',
    );
  });

  test('whose undo cannot be done says so first, and a convoy that nobody can steer it', () => {
    expect(detailsOf([], [{ ...stuck, undo: true }], undefined, alone)).toMatch(
      /^\*\*Parked, because an undo cannot be done,\*\* since/,
    );
    expect(detailsOf([], [stuck], undefined, convoy)).toContain('an outage');
  });

  test('that an operator has parked says so first, and then where it is stuck', () => {
    const details = detailsOf([], [stuck], { operator: 'olga', reason: 'I look\ninto it.', since: new Date(0) }, alone);
    expect(details).toMatch(
      /^\*\*Parked\*\* since 1970-01-01T00:00:00.000Z by olga: I look into it\.\n\nIt goes on after `resume`/,
    );
    expect(details).toContain('**Stuck** since');
  });
});

test('what an operator can do goes by the pivot', () => {
  expect(actsAt('ledgerTransfer', 'ledger')).toContain('compensate');
  expect(actsAt('inventoryMove', 'ledger')).toContain('resolve');
  expect(actsAt('inventoryMove', 'inventory')).toContain('compensate');
  expect(actsAt('inventoryRelease', 'inventory')).toEqual(['retry']);
  expect(actsAt('closeTrades', 'ledger')).toEqual(['retry']);
});

test.each([
  ['paymentAuthorize', ['retry', 'compensate']],
  ['paymentCapture', ['retry', 'compensate']],
  ['paymentVoid', ['retry']],
  ['ledgerTransfer', ['retry']],
  ['inventoryMove', ['retry', 'resolve']],
  ['inventoryRelease', ['retry', 'resolve']],
])('what is paid is steered at %s by %j', (step, acts) => {
  expect(actsAt(step, 'payment')).toEqual(acts);
});
