import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outageOf, splitOnFailure } from './split-on-failure.js';

const outage = Object.assign(new Error('The server goes away.'), { code: '57P01' });

/**
 * Runs a list in which some are bad. @returns what became of each, the calls that it took, and by which the first was
 * done
 */
async function run(size: number, bad: ReadonlySet<number>, mayGoOn?: (calls: number) => boolean) {
  const calls: number[][] = [];
  const done = new Set<number>();
  let doneAfter = 0;
  const results = await splitOnFailure(
    [...Array(size).keys()],
    (some) => {
      calls.push([...some]);
      const found = some.find((element) => bad.has(element));
      if (found !== undefined) return Promise.reject(new Error(`${found} is bad`));
      if (done.size === 0) doneAfter = calls.length;
      for (const element of some) done.add(element);
      return Promise.resolve(some.map((element) => `${element} is done`));
    },
    mayGoOn && (() => mayGoOn(calls.length)),
  );
  return {
    calls,
    done,
    doneAfter,
    said: results.map((result) => ('answer' in result ? result.answer : (result.error as Error).message)),
  };
}

const list = fc
  .integer({ min: 1, max: 256 })
  .chain((size) => fc.tuple(fc.constant(size), fc.uniqueArray(fc.nat(size - 1), { maxLength: size })));

describe('a list with bad elements', () => {
  test('is done but for these, however many they are and wherever they stand, in at most 2n - 1 calls', async () => {
    await fc.assert(
      fc.asyncProperty(list, async ([size, bad]) => {
        const { calls, said } = await run(size, new Set(bad));
        expect(said).toEqual(
          [...Array(size).keys()].map((element) =>
            bad.includes(element) ? `${element} is bad` : `${element} is done`,
          ),
        );
        expect(calls.length).toBeLessThanOrEqual(2 * size - 1);
      }),
      // All of them bad but the last, which few drawn lists are.
      { examples: [[[64, [...Array(63).keys()]]]] },
    );
  });

  test('has a good element done soon, also where no half of it is good', async () => {
    for (const every of [2, 4, 8, 16]) {
      for (let time = 0; time < 20; time++) {
        const { doneAfter } = await run(
          256,
          new Set([...Array(256).keys()].filter((element) => element % every === 0)),
        );
        expect({ every, soon: doneAfter < 40 }).toEqual({ every, soon: true });
      }
    }
  });

  test('has much of its good half done soon where the other half is bad', async () => {
    for (let time = 0; time < 50; time++) {
      const { calls } = await run(256, new Set(Array(128).keys()));
      expect(calls.slice(0, 20).some((part) => part.length >= 32 && part.every((element) => element >= 128))).toBe(
        true,
      );
    }
  });

  test('is given up when it may not go on: what was done is answered, and the rest has the last error', async () => {
    const { calls, done, said } = await run(64, new Set([...Array(32).keys()]), (made) => made < 9);
    expect(calls).toHaveLength(9);
    expect(done.size).toBeGreaterThan(0);
    for (const [element, text] of said.entries())
      expect(text.endsWith(done.has(element) ? 'is done' : 'is bad')).toBe(true);
  });

  test('is halved elsewhere the next time, so that giving up again and again comes to an end', async () => {
    const found = new Set<number>();
    // One good element of 256, and only 30 calls a time.
    for (let time = 0; time < 400 && found.size === 0; time++) {
      const { done } = await run(
        256,
        new Set([...Array(256).keys()].filter((element) => element !== 77)),
        (made) => made < 30,
      );
      for (const element of done) found.add(element);
    }
    expect([...found]).toEqual([77]);
  });
});

test('an outage is told to all that was not done before it, and nothing more is tried', async () => {
  let calls = 0;
  const done: number[] = [];
  const results = await splitOnFailure([1, 2, 3, 4], (some) => {
    calls += 1;
    if (calls === 1) return Promise.reject(new Error('one is bad'));
    if (calls > 2) return Promise.reject(outage);
    done.push(...some);
    return Promise.resolve([...some]);
  });
  expect(results).toEqual(
    [1, 2, 3, 4].map((element) => (done.includes(element) ? { answer: element } : { error: outage })),
  );
  expect(done).toHaveLength(2);
  expect(outageOf(results)).toEqual({ error: outage });
  expect(calls).toBe(3);
});

test('a command that does not answer for every element has failed', async () => {
  expect(await splitOnFailure([1], () => Promise.resolve([]))).toEqual([
    { error: expect.objectContaining({ message: '1 elements were given and 0 answered.' }) },
  ]);
});
