import { expect, test } from '@jest/globals';
import { RowTurns } from './row-turns.js';

const lockTimeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });

test('the commands of one row take turns, and those of another row do not wait for them', async () => {
  const turns = new RowTurns();
  const order: string[] = [];
  let free: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (free = resolve));
  const first = turns.take('gold', async () => (await held, order.push('first')));
  const second = turns.take('gold', () => Promise.resolve(order.push('second')));
  await turns.take('gems', () => Promise.resolve(order.push('other')));
  free();
  await Promise.all([first, second]);
  expect(order).toEqual(['other', 'first', 'second']);
});

test('a command that has failed keeps none of those behind it', async () => {
  const turns = new RowTurns();
  const [bad, good] = await Promise.allSettled([
    turns.take('gold', () => Promise.reject(new Error('bad'))),
    turns.take('gold', () => Promise.resolve('good')),
  ]);
  expect([bad.status, good]).toEqual(['rejected', { status: 'fulfilled', value: 'good' }]);
});

test('a held row is waited for by one command, and all in the line are told when it is not free in time', async () => {
  const turns = new RowTurns();
  let [running, most, tries] = [0, 0, 0];
  const command = async (): Promise<never> => {
    most = Math.max(most, ++running);
    tries += 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
    running -= 1;
    throw lockTimeout;
  };
  const began = performance.now();
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => turns.take('gold', command)));
  expect(all).toEqual(Array(8).fill({ status: 'rejected', reason: lockTimeout }));
  expect(most).toBe(1);
  expect(tries).toBeGreaterThan(1);
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(await turns.take('gold', () => Promise.resolve('free'))).toBe('free');
});

test('a row that is held for a moment fails nobody', async () => {
  let tries = 0;
  const command = (): Promise<number> => (++tries < 3 ? Promise.reject(lockTimeout) : Promise.resolve(tries));
  expect(await new RowTurns().take('gold', command)).toBe(3);
});
