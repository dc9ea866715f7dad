import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isolate, outageOf } from './isolate.js';

const outage = Object.assign(new Error('The server goes away.'), { code: '57P01' });

/** Runs a list in which some are bad. @returns what became of each, and the calls that it took */
async function run(size: number, bad: ReadonlySet<number>, mayGoOn?: (calls: number) => boolean) {
  const calls: number[][] = [];
  const results = await isolate(
    [...Array(size).keys()],
    (some) => {
      calls.push([...some]);
      const found = some.find((element) => bad.has(element));
      return found === undefined ? Promise.resolve(some.map((element) => `${element} is done`)) : Promise.reject(new Error(`${found} is bad`));
    },
    mayGoOn && (() => mayGoOn(calls.length)),
  );
  return { calls, said: results.map((result) => ('answer' in result ? result.answer : (result.error as Error).message)) };
}

const list = fc.integer({ min: 1, max: 256 }).chain((size) => fc.tuple(fc.constant(size), fc.uniqueArray(fc.nat(size - 1), { maxLength: size })));

describe('a list with bad elements', () => {
  test('is done but for these, however many they are and wherever they stand, in at most 2n - 1 calls', async () => {
    await fc.assert(
      fc.asyncProperty(list, async ([size, bad]) => {
        const { calls, said } = await run(size, new Set(bad));
        expect(said).toEqual([...Array(size).keys()].map((element) => (bad.includes(element) ? `${element} is bad` : `${element} is done`)));
        expect(calls.length).toBeLessThanOrEqual(2 * size - 1);
      }),
    );
  });

  test('has its larger parts tried first, so that bad ones at the head keep no half waiting', async () => {
    await fc.assert(
      fc.asyncProperty(list, async ([size, bad]) => {
        const sizes = (await run(size, new Set(bad))).calls.map(({ length }) => length);
        for (const [index, next] of sizes.slice(1).entries()) expect(next).toBeLessThanOrEqual((sizes[index] as number) + 1);
      }),
    );
  });

  test('is given up when it may not go on: what was not tried is given the last error, and what was done is answered', async () => {
    const { calls, said } = await run(64, new Set([...Array(32).keys()]), (made) => made < 6);
    expect(calls).toHaveLength(6);
    expect(said.slice(32)).toEqual([...Array(32).keys()].map((element) => `${element + 32} is done`));
    expect(said.slice(0, 32).every((text) => text.endsWith('is bad'))).toBe(true);
  });
});

test('an outage is told to all that was not done before it, and nothing more is tried', async () => {
  let calls = 0;
  const results = await isolate([1, 2, 3, 4], (some) => {
    calls += 1;
    if (some.length === 4) return Promise.reject(new Error('one is bad'));
    return some.includes(1) ? Promise.resolve([...some]) : Promise.reject(outage);
  });
  expect(results).toEqual([{ answer: 1 }, { answer: 2 }, { error: outage }, { error: outage }]);
  expect(outageOf(results)).toEqual({ error: outage });
  expect(calls).toBe(3);
});

test('a command that does not answer for every element has failed', async () => {
  expect(await isolate([1], () => Promise.resolve([]))).toEqual([{ error: expect.objectContaining({ message: '1 elements were given and 0 answered.' }) }]);
});
