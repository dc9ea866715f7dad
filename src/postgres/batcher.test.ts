import { describe, expect, test } from '@jest/globals';
import { VeltrixError } from '../errors.js';
import { Batcher } from './batcher.js';

/** A list command whose calls a test lets go one by one. */
class SlowCommand {
  readonly calls: (readonly string[])[] = [];
  private readonly waiting: (() => void)[] = [];

  readonly call = async (elements: readonly string[]): Promise<string[]> => {
    this.calls.push(elements);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return elements.map((element) => `${element} is done`);
  };

  /** Lets the call that has waited longest go, and what follows from that happen. */
  async go(): Promise<void> {
    this.waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const all = (batcher: Batcher<string, string>, ...elements: string[]): Promise<string>[] => elements.map((element) => batcher.add(element));
const outage = Object.assign(new Error('The server goes away.'), { code: '57P01' });

describe('a batcher', () => {
  test('sends an element that finds a lane free by itself, and what comes meanwhile together', async () => {
    const command = new SlowCommand();
    const answers = all(new Batcher(command.call, { lanes: 1, most: 10, waiting: 10 }), 'a', 'b', 'c');
    expect(command.calls).toEqual([['a']]);
    await command.go();
    expect(command.calls).toEqual([['a'], ['b', 'c']]);
    await command.go();
    expect(await Promise.all(answers)).toEqual(['a is done', 'b is done', 'c is done']);
  });

  test('never has more calls under way than lanes, nor more elements in a call than its most', async () => {
    const command = new SlowCommand();
    const answers = all(new Batcher(command.call, { lanes: 2, most: 2, waiting: 10 }), 'a', 'b', 'c', 'd', 'e');
    expect(command.calls).toEqual([['a'], ['b']]);
    await command.go();
    expect(command.calls).toEqual([['a'], ['b'], ['c', 'd']]);
    for (let left = 3; left > 0; left--) await command.go();
    await Promise.all(answers);
    expect(command.calls).toEqual([['a'], ['b'], ['c', 'd'], ['e']]);
  });

  test('sends away who finds too many waiting, and takes the next when there is room', async () => {
    const command = new SlowCommand();
    const batcher = new Batcher(command.call, { lanes: 1, most: 10, waiting: 2 });
    const answers = all(batcher, 'a', 'b', 'c');
    await expect(batcher.add('d')).rejects.toThrow(VeltrixError);
    await command.go();
    answers.push(batcher.add('e'));
    for (let left = 2; left > 0; left--) await command.go();
    expect(await Promise.all(answers)).toHaveLength(4);
    expect(command.calls.flat()).not.toContain('d');
  });

  test('lets an element that makes its call fail be the only one that fails', async () => {
    const done: string[] = [];
    const call = (elements: readonly string[]): Promise<string[]> => {
      if (elements.includes('bad')) return Promise.reject(new Error('This one is bad.'));
      done.push(...elements);
      return Promise.resolve(elements.map((element) => `${element} is done`));
    };
    const answers = await Promise.allSettled(all(new Batcher(call, { lanes: 1, most: 10, waiting: 10 }), 'first', 'b', 'c', 'bad', 'd', 'e'));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(done.sort()).toEqual(['b', 'c', 'd', 'e', 'first']);
  });

  test('tells everybody in a call of an outage, and does not halve', async () => {
    const calls: (readonly string[])[] = [];
    const call = (elements: readonly string[]): Promise<string[]> => (calls.push(elements), Promise.reject(outage));
    const answers = await Promise.allSettled(all(new Batcher(call, { lanes: 1, most: 10, waiting: 10 }), 'a', 'b', 'c', 'd'));
    expect(answers).toEqual(Array(4).fill({ status: 'rejected', reason: outage }));
    expect(calls).toEqual([['a'], ['b', 'c', 'd']]);
  });

  test('answers for what was done before an outage, and tells the others of it', async () => {
    const call = (elements: readonly string[]): Promise<string[]> => {
      if (elements.length > 2) return Promise.reject(new Error('One of these is bad.'));
      return elements.includes('d') ? Promise.reject(outage) : Promise.resolve(elements.map((element) => `${element} is done`));
    };
    const answers = await Promise.allSettled(all(new Batcher(call, { lanes: 1, most: 10, waiting: 10 }), 'a', 'b', 'c', 'd', 'e'));
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason))).toEqual(['a is done', 'b is done', 'c is done', outage, outage]);
  });

  test('does not try every element by itself where none can be done', async () => {
    let calls = 0;
    const broken = new Error('There is no such table.');
    const call = (): Promise<string[]> => (calls++, Promise.reject(broken));
    const batcher = new Batcher<string, string>(call, { lanes: 1, most: 256, waiting: 300 });
    const answers = await Promise.allSettled(all(batcher, ...Array.from({ length: 257 }, (_, place) => String(place))));
    expect(answers).toEqual(Array(257).fill({ status: 'rejected', reason: broken }));
    expect(calls).toBeLessThan(60);
  });

  test('answers each of two callers with his own chain, whatever they add while the other waits', async () => {
    const command = new SlowCommand();
    const batcher = new Batcher(command.call, { lanes: 1, most: 10, waiting: 10 });
    const chain = async (name: string): Promise<string[]> => [await batcher.add(`${name}1`), await batcher.add(`${name}2`)];
    const both = Promise.all([chain('x'), chain('y')]);
    for (let left = 5; left > 0; left--) await command.go();
    expect(await both).toEqual([
      ['x1 is done', 'x2 is done'],
      ['y1 is done', 'y2 is done'],
    ]);
  });
});
