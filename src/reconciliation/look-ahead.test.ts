import { expect, test } from '@jest/globals';
import type { Part } from './checks.types.js';
import { LookAhead } from './look-ahead.js';

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Checks of so many parts each, whose looks a test lets go one by one. */
class SlowLooks {
  readonly begun: string[] = [];
  private readonly waiting = new Map<string, { end(part: Part): void; fail(error: Error): void }>();
  readonly ahead: LookAhead;

  constructor(
    private readonly sizes: readonly number[],
    writes: readonly number[] = [],
  ) {
    const checks = sizes.map((_, check) => (writes.includes(check) ? { writes: true as const } : {}));
    this.ahead = new LookAhead(checks, ({ check, after }) => {
      const name = `${check}.${after ?? '0'}`;
      this.begun.push(name);
      return new Promise((end, fail) => this.waiting.set(name, { end, fail }));
    });
  }

  async end(...names: string[]): Promise<void> {
    for (const name of names) {
      const [check = 0, part = 0] = name.split('.').map(Number);
      const next = part + 1 < (this.sizes[check] ?? 0) ? String(part + 1) : null;
      this.take(name).end({ findings: [], looked: { [name]: 1 }, next });
      await turnOfLoop();
    }
  }

  async fail(name: string): Promise<void> {
    this.take(name).fail(new Error(`${name} cannot be read.`));
    await turnOfLoop();
  }

  private take(name: string): { end(part: Part): void; fail(error: Error): void } {
    const waiting = this.waiting.get(name);
    if (waiting === undefined) throw new Error(`${name} is not looked at.`);
    this.waiting.delete(name);
    return waiting;
  }
}

const looked = async (part: Promise<Part>): Promise<string[]> => Object.keys((await part).looked);

test('the checks behind the one whose turn it is are looked at as well, and no part twice', async () => {
  const looks = new SlowLooks([2, 2, 1]);
  const first = looks.ahead.part({ check: 0, after: null });
  await looks.end('1.0', '1.1');
  expect(looks.begun).toEqual(['1.0', '0.0', '1.1', '2.0']);
  await looks.end('0.0');
  expect(await looked(first)).toEqual(['0.0']);
  const second = looks.ahead.part({ check: 0, after: '1' });
  await looks.end('0.1', '2.0');
  await second;
  expect(await looked(looks.ahead.part({ check: 1, after: null }))).toEqual(['1.0']);
  expect(await looked(looks.ahead.part({ check: 1, after: '1' }))).toEqual(['1.1']);
  expect(await looked(looks.ahead.part({ check: 2, after: null }))).toEqual(['2.0']);
  expect(looks.begun).toHaveLength(5);
  await looks.ahead.end();
});

test('where its turn comes while a check is looked at, the look goes over to the next check', async () => {
  const looks = new SlowLooks([1, 3, 1]);
  const first = looks.ahead.part({ check: 0, after: null });
  await looks.end('0.0');
  await first;
  const second = looks.ahead.part({ check: 1, after: null });
  await looks.end('1.0');
  expect(await looked(second)).toEqual(['1.0']);
  const third = looks.ahead.part({ check: 1, after: '1' });
  await turnOfLoop();
  expect(looks.begun).toEqual(['1.0', '0.0', '2.0', '1.1']);
  await looks.end('1.1', '2.0');
  await third;
  await looks.ahead.end();
});

test('nothing is looked at before a check has ended that writes what those behind it read', async () => {
  const looks = new SlowLooks([1, 1, 1], [1]);
  const first = looks.ahead.part({ check: 0, after: null });
  await looks.end('0.0');
  await first;
  const second = looks.ahead.part({ check: 1, after: null });
  await turnOfLoop();
  expect(looks.begun).toEqual(['0.0', '1.0']);
  await looks.end('1.0');
  await second;
  const third = looks.ahead.part({ check: 2, after: null });
  await looks.end('2.0');
  expect(await looked(third)).toEqual(['2.0']);
  await looks.ahead.end();
});

test('a look that has failed before its turn is made again in its turn', async () => {
  const looks = new SlowLooks([1, 1, 1]);
  const first = looks.ahead.part({ check: 0, after: null });
  await looks.fail('1.0');
  await looks.end('0.0');
  await first;
  const second = looks.ahead.part({ check: 1, after: null });
  await looks.end('1.0');
  expect(await looked(second)).toEqual(['1.0']);
  expect(looks.begun).toEqual(['1.0', '0.0', '1.0']);
  await looks.ahead.end();
});

test('a look that fails in its turn is told', async () => {
  const looks = new SlowLooks([1]);
  const first = looks.ahead.part({ check: 0, after: null });
  const told = expect(first).rejects.toThrow('0.0 cannot be read.');
  await looks.fail('0.0');
  await told;
});

test('only so many parts are looked at before their turn, and the end waits for the look that goes on', async () => {
  const looks = new SlowLooks([1, 100]);
  const first = looks.ahead.part({ check: 0, after: null });
  for (let part = 0; part < 24; part++) await looks.end(`1.${part}`);
  await looks.end('0.0');
  await first;
  expect(looks.begun.filter((name) => name.startsWith('1.'))).toHaveLength(24);
  const taken = looks.ahead.part({ check: 1, after: null });
  expect(await looked(taken)).toEqual(['1.0']);
  expect(looks.begun.filter((name) => name.startsWith('1.'))).toHaveLength(24);

  const other = new SlowLooks([1, 1]);
  const part = other.ahead.part({ check: 0, after: null });
  await other.end('0.0');
  await part;
  let hasEnded = false;
  const end = other.ahead.end().then(() => (hasEnded = true));
  await turnOfLoop();
  expect(hasEnded).toBe(false);
  await other.end('1.0');
  await end;
});

test('nothing is looked at before its turn where the run is to give way', async () => {
  const looks = new SlowLooks([2, 1]);
  const first = looks.ahead.part({ check: 0, after: null }, false);
  await looks.end('0.0');
  await first;
  expect(looks.begun).toEqual(['0.0']);
  const second = looks.ahead.part({ check: 0, after: '1' }, true);
  await looks.end('0.1', '1.0');
  await second;
  expect(looks.begun).toEqual(['0.0', '1.0', '0.1']);
  await looks.ahead.end();
});
