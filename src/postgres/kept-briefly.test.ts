import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { KeptBriefly } from './kept-briefly.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('an answer is loaded once for all who ask within two seconds, and then anew', async () => {
  let loads = 0;
  const kept = new KeptBriefly((key) => Promise.resolve(`${key}${++loads}`));
  expect(await Promise.all([kept.find('a'), kept.find('a'), kept.find('b')])).toEqual(['a1', 'a1', 'b2']);
  jest.advanceTimersByTime(1_999);
  expect(await kept.find('a')).toBe('a1');
  jest.advanceTimersByTime(1);
  expect(await kept.find('a')).toBe('a3');
});

test('an answer that is forgotten is loaded anew', async () => {
  let loads = 0;
  const kept = new KeptBriefly(() => Promise.resolve(++loads));
  await kept.find('a');
  kept.forget('a');
  expect(await kept.find('a')).toBe(2);
});

test('a load that fails is told to those who share it, and is not kept', async () => {
  let loads = 0;
  const kept = new KeptBriefly(() => (++loads === 1 ? Promise.reject(new Error('away')) : Promise.resolve('there')));
  const asked = [kept.find('a'), kept.find('a')];
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await kept.find('a')).toBe('there');
});
