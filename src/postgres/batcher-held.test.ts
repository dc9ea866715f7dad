import { describe, expect, jest, test } from '@jest/globals';
import type { VeltrixError } from '../errors.js';
import { Batcher } from './batcher.js';
import { RowsHeld } from './held-rows.js';

const all = (batcher: Batcher<string, string>, ...elements: string[]): Promise<string>[] =>
  elements.map((element) => batcher.add(element));

describe('a batcher beside held rows', () => {
  /** A list command of which some elements need a row that is held, and the lists that it has waited with. */
  class HeldCommand {
    readonly held = new Set<string>();
    readonly tried: { elements: readonly string[]; waits: boolean }[] = [];

    readonly call = async (elements: readonly string[], waits: boolean): Promise<string[]> => {
      this.tried.push({ elements, waits });
      await new Promise((resolve) => setImmediate(resolve));
      const places = elements.flatMap((element, place) => (this.held.has(element) ? place : []));
      if (places.length > 0) throw new RowsHeld(new Set(places), false, 0);
      return elements.map((element) => `${element} is done`);
    };
  }
  const limits = { lanes: 1, maxElements: 256, waiting: 2_048 };

  test('elements that need none are done at once, and the others when it is free', async () => {
    const command = new HeldCommand();
    command.held.add('b').add('d');
    const batcher = new Batcher(command.call, limits);
    const [a, b, c, d] = all(batcher, 'a', 'b', 'c', 'd');
    expect(await Promise.all([a, c])).toEqual(['a is done', 'c is done']);
    expect(await batcher.add('e')).toBe('e is done');
    command.held.delete('d');
    expect(await d).toBe('d is done');
    command.held.clear();
    expect(await b).toBe('b is done');
    expect(await batcher.add('b')).toBe('b is done');
    const waited = command.tried.filter(({ waits }) => waits).flatMap(({ elements }) => elements);
    expect(new Set(waited)).toEqual(new Set(['b', 'd']));
  });

  test('a lock that nobody can name sets its only element aside', async () => {
    const lockTimeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
    let held = true;
    const call = (elements: readonly string[]): Promise<string[]> =>
      held && elements.includes('bad') ? Promise.reject(lockTimeout) : Promise.resolve([...elements]);
    const batcher = new Batcher(call, limits);
    const [first, bad, last] = all(batcher, 'first', 'bad', 'last');
    expect(await Promise.all([first, last])).toEqual(['first', 'last']);
    held = false;
    expect(await bad).toBe('bad');
  });

  test('so many wait for held rows and no more, and none for longer than ten seconds', async () => {
    const command = new HeldCommand();
    const batcher = new Batcher(command.call, limits);
    const names = Array.from({ length: 600 }, (_, place) => `held ${place}`);
    for (const name of names) command.held.add(name);
    const answers = all(batcher, ...names).map((answer) => answer.catch((error: VeltrixError) => error.code));
    const late = jest.spyOn(performance, 'now');
    const sentAway = await Promise.race([
      answers.at(-1),
      new Promise((resolve) => setTimeout(resolve, 5_000, 'none').unref()),
    ]);
    expect(sentAway).toBe('row-held');
    expect(await batcher.add('free')).toBe('free is done');
    const ended = performance.now() + 10_001;
    late.mockImplementation(() => ended);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['row-held']));
    late.mockRestore();
  });

  test('one that needs a row which is free again is done beside one whose lock nobody can name', async () => {
    const lockTimeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
    const known = new Set(['held']);
    const call = (elements: readonly string[], waits: boolean): Promise<string[]> => {
      const places = elements.flatMap((element, place) => (known.has(element) ? place : []));
      // Beside others, and where it must not wait, a list is told at once of rows that are known to be held.
      if (places.length > 0 && (!waits || places.length < elements.length))
        return Promise.reject(new RowsHeld(new Set(places), false, 0));
      return elements.includes('unnamed') ? Promise.reject(lockTimeout) : Promise.resolve([...elements]);
    };
    const batcher = new Batcher(call, limits);
    void batcher.add('unnamed').catch(() => undefined);
    expect(await batcher.add('held')).toBe('held');
  });

  test('all that meet a lock which nobody can name are answered after ten seconds, however many they are', async () => {
    const lockTimeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
    const now = performance.now();
    let calls = 0;
    // Each call waits for 400 milliseconds by the clock of the test.
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now + calls * 400);
    const call = (): Promise<string[]> => ((calls += 1), Promise.reject(lockTimeout));
    const batcher = new Batcher<string, string>(call, limits);
    const answers = all(batcher, 'first', ...Array.from({ length: 256 }, (_, place) => `${place}`));
    const codes = await Promise.all(answers.map((answer) => answer.catch((error: VeltrixError) => error.code)));
    clock.mockRestore();
    expect(new Set(codes)).toEqual(new Set(['row-held']));
    expect(calls).toBeLessThan(80);
  });
});
