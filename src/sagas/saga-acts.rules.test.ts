import { expect, test } from '@jest/globals';
import type { Closing } from '../../contracts/answers.js';
import { VeltrixError, errorTitles } from '../errors.js';
import { answerOf, answerOfDeal, isRefusal } from './saga-acts.rules.js';

const id = 'trd_1';
const cause = { code: 'insufficient-funds', detail: 'ann has 3.' };
const codeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error instanceof VeltrixError ? error.code : error;
  }
};

test('turning back is answered by what the deal will say, and is too late where that is settled', () => {
  expect(answerOf('compensate', { id, state: 'compensated', cause })).toEqual({
    code: 'compensated',
    detail: 'insufficient-funds: ann has 3.',
  });
  expect(answerOf('compensate', { id, state: 'refused', cause })).toMatchObject({ code: 'refused' });
  expect(codeOf(() => answerOf('compensate', { id, state: 'settled' }))).toBe('too-late');
});

test('resolving is answered by the state, whichever it is', () => {
  const closings: Closing[] = [
    { id, state: 'settled' },
    { id, state: 'refused', cause },
    { id, state: 'compensated', cause },
  ];
  expect(closings.map((closing) => answerOf('resolve', closing).code)).toEqual(['settled', 'refused', 'compensated']);
});

test('a closed deal answers by its row as its run would have', () => {
  const closed = (state: string): Parameters<typeof answerOfDeal>[1] => ({
    exchange: { id },
    state,
    reason: state === 'settled' ? null : cause,
  });
  const states = ['settled', 'refused', 'compensated'];
  expect(states.map((state) => codeOf(() => answerOfDeal('compensate', closed(state))))).toEqual([
    'too-late',
    { code: 'refused', detail: 'insufficient-funds: ann has 3.' },
    { code: 'compensated', detail: 'insufficient-funds: ann has 3.' },
  ]);
  expect(states.map((state) => answerOfDeal('resolve', closed(state)).code)).toEqual(states);
  expect(states.map((state) => codeOf(() => answerOfDeal('retry', closed(state))))).toEqual(
    Array(3).fill('saga-not-stuck'),
  );
  expect(states.map((state) => codeOf(() => answerOfDeal('park', closed(state))))).toEqual(Array(3).fill('too-late'));
  expect(states.map((state) => codeOf(() => answerOfDeal('resume', closed(state))))).toEqual(
    Array(3).fill('saga-not-parked'),
  );
});

test('a closed deal that its kind calls by another word was turned back', () => {
  for (const state of ['declined', 'cancelled', 'expired']) {
    const deal = { exchange: { id }, state, reason: cause };
    for (const name of ['compensate', 'resolve'] as const)
      expect(answerOfDeal(name, deal)).toEqual({ code: 'compensated', detail: 'insufficient-funds: ann has 3.' });
  }
});

test('a run refuses by a code that is known, and nothing else is taken for one', () => {
  expect(Object.keys(errorTitles).filter(isRefusal)).toEqual([
    'saga-not-stuck',
    'saga-busy',
    'saga-not-alone',
    'saga-not-parked',
    'saga-not-resolvable',
    'step-failed-again',
    'too-late',
  ]);
  for (const type of ['Error', 'internal', 'unauthenticated', '', null, undefined, 'constructor'])
    expect(isRefusal(type)).toBe(false);
});
