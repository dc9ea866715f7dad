import { expect, test } from '@jest/globals';
import type { Finding, Part } from './checks.types.js';
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

  /** Ends looks that have found something. */
  async endWith(findings: Finding[], ...names: string[]): Promise<void> {
    for (const name of names) {
      const next = String(Number(name.split('.')[1]) + 1);
      this.take(name).end({ findings, looked: { [name]: 1 }, next });
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
  await looks.ahead.rest();
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
  await looks.ahead.rest();
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
  await looks.ahead.rest();
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
  await looks.ahead.rest();
});

test('a look that fails in its turn is told', async () => {
  const looks = new SlowLooks([1]);
  const first = looks.ahead.part({ check: 0, after: null });
  const told = expect(first).rejects.toThrow('0.0 cannot be read.');
  await looks.fail('0.0');
  await told;
});

test('only so many parts are looked at before their turn', async () => {
  const looks = new SlowLooks([1, 1_000]);
  const first = looks.ahead.part({ check: 0, after: null });
  for (let part = 0; part < 250; part++) await looks.end(`1.${part}`);
  await looks.end('0.0');
  await first;
  const begun = (): number => looks.begun.filter((name) => name.startsWith('1.')).length;
  expect(begun()).toBe(250);
  const taken = looks.ahead.part({ check: 1, after: null });
  expect(await looked(taken)).toEqual(['1.0']);
  expect(begun()).toBe(250);
});

test('parts with very many findings are few before their turn', async () => {
  const looks = new SlowLooks([2, 5]);
  const first = looks.ahead.part({ check: 0, after: null });
  const many = Array.from({ length: 10_000 }, () => ({}) as Finding);
  await looks.endWith(many, '1.0', '1.1');
  expect(looks.begun).toEqual(['1.0', '0.0', '1.1']);
  await looks.end('0.0');
  await first;
  const second = looks.ahead.part({ check: 0, after: '1' });
  await looks.end('0.1');
  await second;
  expect(looks.begun).toEqual(['1.0', '0.0', '1.1', '0.1']);
  await looks.ahead.rest();
});

test('what was looked at before its turn stays for when the run goes on, but for what it has passed', async () => {
  const looks = new SlowLooks([1, 1, 2]);
  const first = looks.ahead.part({ check: 0, after: null });
  await looks.end('1.0', '0.0');
  await first;
  let rests = false;
  const rest = looks.ahead.rest().then(() => (rests = true));
  await turnOfLoop();
  expect(rests).toBe(false);
  await looks.end('2.0');
  await rest;
  expect(looks.begun).toEqual(['1.0', '0.0', '2.0']);

  expect(await looked(looks.ahead.part({ check: 2, after: null }))).toEqual(['2.0']);
  const last = looks.ahead.part({ check: 2, after: '1' });
  await looks.end('2.1');
  await last;
  const passed = looks.ahead.part({ check: 1, after: null });
  await looks.end('1.0');
  await passed;
  expect(looks.begun).toEqual(['1.0', '0.0', '2.0', '2.1', '1.0']);
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
  await looks.ahead.rest();
});
