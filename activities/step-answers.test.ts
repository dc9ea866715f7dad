import { afterEach, expect, jest, test } from '@jest/globals';
import { expand } from '../contracts/answers.js';
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
