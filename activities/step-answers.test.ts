import { afterEach, expect, jest, test } from '@jest/globals';
import { expand } from '../contracts/answers.js';
import { RowsHeld } from '../src/postgres/held-rows.js';
import { asStepAnswers } from './step-answers.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/**
 * Runs a step over exchanges, each call of which takes a second. @returns how many calls it made, and what it answered
 */
async function slowStep(count: number, bad: (place: number) => boolean) {
  let now = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const elements = Array.from({ length: count }, (_, place) => ({ id: `trd_${place}`, place }));
  let calls = 0;
  const answer = asStepAnswers(elements, (some) => {
    calls += 1;
    now += 1_000;
    return some.some(({ place }) => bad(place))
      ? Promise.reject(new Error('one is bad'))
      : Promise.resolve(some.map(({ id }) => ({ id, outcome: 'held' })));
  });
  const outcomes = await answer.then(
    (answers) => expand(elements, answers).map((one) => ('outcome' in one ? one.outcome : undefined)),
    (error: Error) => error.message,
  );
  return { calls, outcomes };
}

test('a step looks for bad elements for ten seconds and no longer, and what was not tried by then leaves', async () => {
  const { calls, outcomes } = await slowStep(64, (place) => place < 32);
  expect(calls).toBe(10);
  expect(new Set(outcomes)).toEqual(new Set(['held', 'failed']));
});

test('a step that was done of nothing in ten seconds is tried again as a whole', async () => {
  expect(await slowStep(64, () => true)).toEqual({ calls: 10, outcomes: 'one is bad' });
});

/** Runs a step whose last exchange needs a row that is held for so many calls. @returns what each is answered */
async function stepBesideHeld(count: number, calls: number, isLong: boolean): Promise<unknown> {
  const elements = Array.from({ length: count }, (_, place) => ({ id: `trd_${place}`, place }));
  let left = calls;
  const answer = asStepAnswers(elements, (some) => {
    const place = some.findIndex((one) => one.place === count - 1);
    if (place >= 0 && left-- > 0) return Promise.reject(new RowsHeld(new Set([place]), isLong, 4_321));
    return Promise.resolve(some.map(({ id }) => ({ id, outcome: 'held' })));
  });
  return answer.then(
    (answers) => expand(elements, answers).map((one) => ('outcome' in one ? one.outcome : undefined)),
    (error: unknown) => error,
  );
}

test('an exchange that needs a row that is held for long leaves, and its neighbours are done', async () => {
  expect(await stepBesideHeld(4, Infinity, true)).toEqual(['held', 'held', 'held', 'failed']);
});

test('an exchange whose row is held for a moment does not leave', async () => {
  expect(await stepBesideHeld(4, 3, false)).toEqual(['held', 'held', 'held', 'held']);
});

test('an exchange that is alone is tried again when its row is best asked for', async () => {
  expect(await stepBesideHeld(1, Infinity, true)).toMatchObject({ type: 'BadElement', nextRetryDelay: 4_321 });
});
