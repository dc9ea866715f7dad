import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Exchange } from '../../contracts/nouns.js';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { paces } from '../../src/exchanges/departure.rules.js';
import type { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { newId } from '../../src/ids.js';

/* Who waits for whom in the line: nobody for another account at a payment provider. Temporal is a double. */

/** An exchange of a title, with a payment or without one. */
function exchange(title: string, provider?: string): Exchange {
  const payment = provider === undefined ? {} : { payment: { provider, currency: 'EUR', amount: '499' } };
  return { id: newId('pur'), title, kind: 'purchase', legs: [], moves: [], ...payment };
}

/** Convoys of which those of the title `slow` hang until they are let go. */
function hanging(): { convoys: ConvoyDispatcher; registry: Registry; started: Exchange[][]; letGo: () => void } {
  const started: Exchange[][] = [];
  const hung: ((answer: undefined) => void)[] = [];
  const letGo = (): void => {
    for (const answer of hung.splice(0)) answer(undefined);
  };
  const starter = {
    start: (exchanges: readonly Exchange[]) => {
      started.push([...exchanges]);
      return Promise.resolve(exchanges.some(({ title }) => title === 'slow') ? 'slow' : 'quick');
    },
    ended: (_workflow: string, _ms: number, run: string) =>
      run === 'slow' ? new Promise((resolve) => hung.push(resolve)) : Promise.resolve(undefined),
  } as unknown as ExchangeStarter;
  const registry = new Registry();
  return { convoys: new ConvoyDispatcher(starter, registry), registry, started, letGo };
}

const board = (convoys: ConvoyDispatcher, exchanges: readonly Exchange[]): void => {
  for (const seat of convoys.seats(exchanges)) void seat?.board();
};
const pause = async (): Promise<void> => {
  for (let time = 0; time < 5; time++) await new Promise((resolve) => setImmediate(resolve));
};
const lanesOf = (convoys: ConvoyDispatcher): string[] => [
  ...(convoys as unknown as { lanes: Map<string, unknown> }).lanes.keys(),
];

test('an account that hangs, with all that waits for it, delays no other account and no trade', async () => {
  const { convoys, started, letGo } = hanging();
  for (let full = 0; full < 6; full++)
    board(
      convoys,
      Array.from({ length: 256 }, () => exchange('slow', 'stripe')),
    );
  await pause();
  const others = [exchange('arena', 'stripe'), exchange('slow', 'other'), exchange('arena')];
  board(convoys, others);
  await pause();
  const ids = started.flat().map(({ id }) => id);
  expect(others.filter(({ id }) => !ids.includes(id))).toEqual([]);
  letGo();
});

test('an account that its provider keeps waiting has more convoys under way than the others', async () => {
  const { convoys, started, letGo } = hanging();
  for (let full = 0; full < paces.account.maxUnderWay + 2; full++)
    board(
      convoys,
      Array.from({ length: 256 }, () => exchange('slow', 'stripe')),
    );
  await pause();
  expect(paces.account.maxUnderWay).toBeGreaterThan(paces.shared.maxUnderWay);
  expect(started).toHaveLength(paces.account.maxUnderWay);
  letGo();
});

test('a convoy carries one account', async () => {
  const { convoys, started, letGo } = hanging();
  const mixed = ['arena', 'other', 'arena', 'other'].flatMap((title) => [exchange(title, 'stripe'), exchange(title)]);
  board(convoys, mixed);
  await pause();
  const accounts = started.map((some) => [...new Set(some.map(({ title, payment }) => payment && title))]);
  expect(accounts).toHaveLength(3);
  expect(accounts.every(({ length }) => length === 1)).toBe(true);
  letGo();
});

test('a lane of an account is forgotten when nobody is in it, and what waits in all lanes is one figure', async () => {
  const { convoys, registry, letGo } = hanging();
  const figure = async (): Promise<unknown> =>
    (await registry.getSingleMetric('veltrix_convoy_waiting_exchanges')?.get())?.values[0]?.value;
  board(convoys, [exchange('arena', 'stripe'), exchange('arena'), exchange('slow', 'stripe')]);
  await pause();
  expect(lanesOf(convoys)).toEqual(['stripe/slow']);
  board(convoys, [exchange('slow', 'stripe'), exchange('slow', 'stripe')]);
  expect(await figure()).toBe(2);
  convoys.beforeApplicationShutdown();
  expect(await figure()).toBe(0);
  letGo();
  await pause();
  expect(lanesOf(convoys)).toEqual([]);
});

test('a convoy of one that hangs has no later one wait for as long as it took', async () => {
  const { convoys, started, letGo } = hanging();
  board(convoys, [exchange('slow')]);
  await new Promise((resolve) => setTimeout(resolve, paces.shared.fewCountMs + 100));
  letGo();
  // It is under way while the next one comes.
  board(convoys, [exchange('slow')]);
  await pause();
  const next = exchange('arena');
  board(convoys, [next]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(started.flat()).toContain(next);
  letGo();
});
