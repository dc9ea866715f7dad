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

/** A list command that fails for every list with a bad element in it. */
class BadCommand {
  calls = 0;
  private reached: { count: number; tell: () => void }[] = [];

  constructor(private readonly bad: ReadonlySet<string>) {}

  readonly run = async (elements: readonly string[]): Promise<string[]> => {
    this.calls += 1;
    for (const { tell } of this.reached.filter(({ count }) => count <= this.calls)) tell();
    await new Promise((resolve) => setImmediate(resolve));
    const found = elements.find((element) => this.bad.has(element));
    if (found !== undefined) throw new Error(`${found} is bad`);
    return elements.map((element) => `${element} is done`);
  };

  /** Resolves when so many calls were made. */
  after(count: number): Promise<void> {
    return new Promise((tell) => (this.calls >= count ? tell() : this.reached.push({ count, tell })));
  }
}

/** A list in another order, which is always the same. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((element, index) => ({ element, by: (index * 101) % 257 }))
    .sort((a, b) => a.by - b.by)
    .map(({ element }) => element);
}

const all = (batcher: Batcher<string, string>, ...elements: string[]): Promise<string>[] =>
  elements.map((element) => batcher.add(element));
const outage = Object.assign(new Error('The server goes away.'), { code: '57P01' });

describe('a batcher', () => {
  test('sends an element that finds a lane free by itself, and what comes meanwhile together', async () => {
    const command = new SlowCommand();
    const answers = all(new Batcher(command.call, { lanes: 1, maxElements: 10, waiting: 10 }), 'a', 'b', 'c');
    expect(command.calls).toEqual([['a']]);
    await command.go();
    expect(command.calls).toEqual([['a'], ['b', 'c']]);
    await command.go();
    expect(await Promise.all(answers)).toEqual(['a is done', 'b is done', 'c is done']);
  });

  test('never has more calls under way than lanes, nor more elements in a call than its most', async () => {
    const command = new SlowCommand();
    const answers = all(new Batcher(command.call, { lanes: 2, maxElements: 2, waiting: 10 }), 'a', 'b', 'c', 'd', 'e');
    expect(command.calls).toEqual([['a'], ['b']]);
    await command.go();
    expect(command.calls).toEqual([['a'], ['b'], ['c', 'd']]);
    for (let left = 3; left > 0; left--) await command.go();
    await Promise.all(answers);
    expect(command.calls).toEqual([['a'], ['b'], ['c', 'd'], ['e']]);
  });

  test('takes fewer large elements into a call, and one that is larger than a call by itself', async () => {
    const command = new SlowCommand();
    const batcher = new Batcher(command.call, { lanes: 1, maxElements: 4, waiting: 10 }, ({ length }) => length);
    const answers = all(batcher, 'a', 'bb', 'c', 'd', 'ee', 'ffffffff', 'g');
    for (let left = 5; left > 0; left--) await command.go();
    await Promise.all(answers);
    expect(command.calls).toEqual([['a'], ['bb', 'c', 'd'], ['ee'], ['ffffffff'], ['g']]);
  });

  test('sends away who finds too many waiting, and takes the next when there is room', async () => {
    const command = new SlowCommand();
    const batcher = new Batcher(command.call, { lanes: 1, maxElements: 10, waiting: 2 });
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
    const answers = await Promise.allSettled(
      all(new Batcher(call, { lanes: 1, maxElements: 10, waiting: 10 }), 'first', 'b', 'c', 'bad', 'd', 'e'),
    );
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(done.sort()).toEqual(['b', 'c', 'd', 'e', 'first']);
  });

  test('tells everybody in a call of an outage, and does not halve', async () => {
    const calls: (readonly string[])[] = [];
    const call = (elements: readonly string[]): Promise<string[]> => (calls.push(elements), Promise.reject(outage));
    const answers = await Promise.allSettled(
      all(new Batcher(call, { lanes: 1, maxElements: 10, waiting: 10 }), 'a', 'b', 'c', 'd'),
    );
    expect(answers).toEqual(Array(4).fill({ status: 'rejected', reason: outage }));
    expect(calls).toEqual([['a'], ['b', 'c', 'd']]);
  });

  test('answers for what was done before an outage, and tells the others of it', async () => {
    const call = (elements: readonly string[]): Promise<string[]> => {
      if (elements.length > 2) return Promise.reject(new Error('One of these is bad.'));
      return elements.includes('d')
        ? Promise.reject(outage)
        : Promise.resolve(elements.map((element) => `${element} is done`));
    };
    const answers = await Promise.allSettled(
      all(new Batcher(call, { lanes: 1, maxElements: 10, waiting: 10 }), 'a', 'b', 'c', 'd', 'e'),
    );
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason))).toEqual([
      'a is done',
      'b is done',
      'c is done',
      outage,
      outage,
    ]);
  });

  test('tells of an outage whoever waits because a list of before has failed, and tries them no more', async () => {
    const calls: number[] = [];
    const call = (elements: readonly string[]): Promise<string[]> => {
      calls.push(elements.length);
      return Promise.reject(calls.length <= 2 ? new Error('One of these is bad.') : outage);
    };
    const answers = await Promise.allSettled(
      all(new Batcher(call, { lanes: 1, maxElements: 10, waiting: 10 }), 'a', 'b', 'c', 'd', 'e'),
    );
    expect(answers.slice(1)).toEqual(Array(4).fill({ status: 'rejected', reason: outage }));
    expect(calls).toEqual([1, 4, 2]);
  });

  test.each([0, 1, 15, 16, 24, 100, 255, 256])(
    'answers all but %s bad elements, wherever they are, and each of these with its own error',
    async (count) => {
      for (const place of ['head', 'tail', 'anywhere'] as const) {
        const list = Array.from({ length: 256 }, (_, index) => String(index));
        const bad = new Set(
          place === 'head'
            ? list.slice(0, count)
            : place === 'tail'
              ? list.slice(256 - count)
              : shuffled(list).slice(0, count),
        );
        const call = new BadCommand(bad);
        const batcher = new Batcher(call.run, { lanes: 1, maxElements: 256, waiting: 300 });
        // The first finds the lane free, so that the others form one list.
        const answers = await Promise.allSettled(all(batcher, 'first', ...list));
        expect(
          answers
            .slice(1)
            .map((answer) => (answer.status === 'fulfilled' ? answer.value : (answer.reason as Error).message)),
        ).toEqual(list.map((element) => (bad.has(element) ? `${element} is bad` : `${element} is done`)));
        expect(call.calls).toBeLessThanOrEqual(1 + 2 * 256 - 1);
      }
    },
  );

  test('takes what comes while bad elements are looked for in turns with them: it waits for one call', async () => {
    const list = Array.from({ length: 64 }, (_, index) => String(index));
    const call = new BadCommand(new Set(list));
    const batcher = new Batcher(call.run, { lanes: 1, maxElements: 64, waiting: 300 });
    const isolated = Promise.allSettled(all(batcher, 'first', ...list)).then(() => 'all bad ones');
    await call.after(2);
    for (let round = 0; round < 10; round++) {
      const before = call.calls;
      expect(await Promise.race([batcher.add(`good ${round}`), isolated])).toBe(`good ${round} is done`);
      expect(call.calls - before).toBeLessThanOrEqual(3);
    }
    await isolated;
  });

  test('sees to it that bad requests are answered although others come without end', async () => {
    const call = new BadCommand(new Set(['x', 'y']));
    const batcher = new Batcher(call.run, { lanes: 1, maxElements: 4, waiting: 300 });
    const bad = Promise.allSettled(all(batcher, 'first', 'x', 'y'));
    let going = true;
    const others = Array.from({ length: 12 }, async (_, line) => {
      for (let round = 0; going && round < 200; round++) await batcher.add(`${line} ${round}`);
      return going;
    });
    expect((await bad).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    going = false;
    expect(await Promise.all(others)).toEqual(Array(12).fill(false));
  });

  test('lets no good element wait for ever beside a bad one, although bad ones keep coming', async () => {
    // Twenty new elements a call, and one bad one in every 16 calls, which takes more than half of the calls to be
    // found.
    const calls = 5_000;
    const longest = { calls: 0 };
    let made = 0;
    const command = async (elements: readonly string[]): Promise<string[]> => {
      made += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (elements.some((element) => element.startsWith('bad'))) throw new Error('one is bad');
      return [...elements];
    };
    const batcher = new Batcher(command, { lanes: 1, maxElements: 256, waiting: 2_048 });
    const answers: Promise<unknown>[] = [];
    while (made < calls) {
      const since = made;
      const told = (): number => (longest.calls = Math.max(longest.calls, made - since));
      for (let one = 0; one < 20; one++) answers.push(batcher.add(`good ${since} ${one}`).then(told));
      if (made % 16 === 0) answers.push(batcher.add(`bad ${since}`).catch(() => undefined));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(answers);
    expect(longest.calls).toBeLessThan(250);
  });

  test('answers the good elements of a list before its last bad one is found', async () => {
    const list = Array.from({ length: 64 }, (_, index) => String(index));
    const call = new BadCommand(new Set(list.slice(0, 32)));
    const order: string[] = [];
    const batcher = new Batcher(call.run, { lanes: 1, maxElements: 64, waiting: 300 });
    await Promise.all(
      all(batcher, 'first', ...list).map((answer) =>
        answer.then(
          (said) => order.push(said),
          (error: Error) => order.push(error.message),
        ),
      ),
    );
    expect(order.slice(1, 33).filter((said) => said.endsWith('is done'))).toHaveLength(32);
  });

  test('counts the elements of failed lists among those that wait, so that memory is bounded', async () => {
    const list = Array.from({ length: 8 }, (_, index) => String(index));
    const call = new BadCommand(new Set(list));
    const batcher = new Batcher(call.run, { lanes: 1, maxElements: 8, waiting: 8 });
    const answers = Promise.allSettled(all(batcher, 'first', ...list));
    // One half is called now, and the other waits.
    await call.after(3);
    const good = all(batcher, 'a', 'b', 'c', 'd');
    await expect(batcher.add('late')).rejects.toThrow(VeltrixError);
    expect(await Promise.all(good)).toHaveLength(4);
    await answers;
    expect(await batcher.add('later')).toBe('later is done');
  });

  test('answers each of two callers with their own chain, whatever they add while the other waits', async () => {
    const command = new SlowCommand();
    const batcher = new Batcher(command.call, { lanes: 1, maxElements: 10, waiting: 10 });
    const chain = async (name: string): Promise<string[]> => [
      await batcher.add(`${name}1`),
      await batcher.add(`${name}2`),
    ];
    const both = Promise.all([chain('x'), chain('y')]);
    for (let left = 5; left > 0; left--) await command.go();
    expect(await both).toEqual([
      ['x1 is done', 'x2 is done'],
      ['y1 is done', 'y2 is done'],
    ]);
  });
});
