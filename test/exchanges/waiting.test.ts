import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { Registry } from 'prom-client';
import type { Waiting } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealWait } from '../../src/exchanges/deal-wait.js';
import type { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { SweepService } from '../../src/exchanges/sweep.service.js';
import { Waker } from '../../src/exchanges/waker.js';
import { uuidOf } from '../../src/ids.js';
import type { Config } from '../../src/process/config.js';
import { Draining } from '../../src/process/draining.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import type { PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { moneyOrder } from '../purchases/money.js';
import { acceptedOf, Store, title } from '../purchases/store.js';

/* Deals that wait for their buyer or provider. Rows and convoys are real; Temporal is a double that notes starts. */

let store: Store;
let book: StoredDeals<PurchaseTerms>;
let starter: ExchangeStarter;
let sweep: SweepService;
let waker: Waker;
/** The ids of each run that was started. */
let started: string[][];
beforeAll(async () => {
  store = await Store.open({ perPlayerAndHour: 1_000, perTitleAndMinute: 1_000 }, {});
  await store.publish('pack');
  book = new StoredDeals(purchaseKind, store.sources[0]);
  starter = {
    recordStart: async (exchanges: readonly Exchange[], workflowId: string) =>
      book.recordStart(
        exchanges.map(({ id }) => id),
        workflowId,
      ),
    start: (exchanges: readonly Exchange[]) => {
      started.push(exchanges.map(({ id }) => id));
      return Promise.resolve('run');
    },
    startAlone: (exchanges: readonly Exchange[]) =>
      exchanges.length === 0 ? Promise.resolve() : Promise.reject(new Error('Nobody is to go alone.')),
    ended: () => Promise.resolve(undefined),
  } as unknown as ExchangeStarter;
  const convoys = new ConvoyDispatcher(starter, new Registry());
  sweep = new SweepService({ SWEEP_AFTER_SECONDS: 600 } as Config, [book], {} as Client, starter, convoys);
  waker = new Waker([book], starter, convoys);
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});
beforeEach(async () => {
  started = [];
  await store.session.query('truncate purchases.purchases, purchases.open');
});

/** Accepts purchases in money, an hour ago, whose rows name a run that has ended. */
async function accept(count: number): Promise<string[]> {
  const outcomes = await store.services[0].accept(
    Array.from({ length: count }, () => moneyOrder('ann', 'pack', { workflowId: 'convoy/ended' })),
  );
  await store.session.query(
    `update purchases.open set created_at = now() - interval '1 hour', started_at = now() - interval '1 hour'`,
  );
  return outcomes.map((outcome) => acceptedOf(outcome).id);
}

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

function wait(ids: readonly string[], hours: number, whom: Waiting['for'] = 'buyer'): Promise<void> {
  return store.services[0].wait(ids.map((id) => ({ id, for: whom, until: inHours(hours) })));
}

const stateOf = async (id: string): Promise<string> => (await book.read(title, id)).state;
const sorted = (ids: readonly string[]): string[] => [...ids].sort();

describe('a deal that waits', () => {
  it.each([
    ['buyer', 'requires_action'],
    ['provider', 'processing'],
  ] as const)('for the %s says %s, and no sweep touches it before its time', async (whom, state) => {
    const [id = ''] = await accept(1);
    await wait([id], 1, whom);
    expect(await stateOf(id)).toBe(state);
    expect(await sweep.run()).toBe(0);
    expect(started).toEqual([]);
    expect(await stateOf(id)).toBe(state);
  });

  it('is sent together with the others when its time has come, once, and is accepted then', async () => {
    const due = await accept(3);
    const [later = ''] = await accept(1);
    await wait(due, -1);
    await wait([later], 1);
    expect(await sweep.run()).toBe(3);
    expect(started.map(sorted)).toEqual([sorted(due)]);
    expect(await Promise.all([...due, later].map(stateOf))).toEqual([
      ...['accepted', 'accepted', 'accepted'],
      'requires_action',
    ]);
    expect((await book.dueAgain(10)).found).toEqual([]);
  });

  it('is looked at after those that were looked at longer ago', async () => {
    const ids = await accept(3);
    await wait(ids, -1);
    const [first] = (await book.dueAgain(1)).found;
    const [second] = (await book.dueAgain(1)).found;
    const [third] = (await book.dueAgain(1)).found;
    expect(sorted([first, second, third].map((one) => one?.id ?? ''))).toEqual(sorted(ids));
  });

  it('is woken at once, with others, and what is closed or has a run is left alone', async () => {
    const [closed = '', running = '', ...waiting] = await accept(4);
    await wait([closed, ...waiting], 1);
    await store.services[0].close([{ id: closed, state: 'settled' }]);
    const foreign = closed.replace('pur', 'trd');
    expect(await waker.wakeWaiting([closed, running, foreign, 'nothing', ...waiting])).toBe(2);
    expect(started.map(sorted)).toEqual([sorted(waiting)]);
    expect(await waker.wakeWaiting(waiting)).toBe(0);
    expect(await stateOf(closed)).toBe('completed');
  });

  it('is told back where somebody holds its row, and the others are woken in few transactions', async () => {
    const ids = await accept(64);
    const [held = ''] = ids;
    await wait(ids, 1);
    const transactions = jest.spyOn(store.sources[0], 'transaction');
    await store.within('rollback', async () => {
      await store.session.query('select from purchases.purchases where id = $1 for update', [uuidOf('pur', held)]);
      expect((await book.wake(ids)).notWoken).toEqual([held]);
    });
    // Halves would come to it after seven, each of which waits.
    expect(transactions.mock.calls.length).toBeLessThan(6);
    transactions.mockRestore();
    expect(await waker.changed(ids)).toEqual([]);
    expect(started.flat()).toContain(held);
  });

  it('waits no longer where it was woken while its run was under way, until the next start', async () => {
    const [id = ''] = await accept(1);
    expect(await waker.wakeWaiting([id])).toBe(0);
    await wait([id], 1);
    expect((await book.dueAgain(10)).found.map((one) => one.id)).toEqual([id]);
    await book.recordStart([id], 'purchase/again');
    await wait([id], 1);
    expect((await book.dueAgain(10)).found).toEqual([]);
  });

  it("is the next sweep's where it was woken and nobody could send it", async () => {
    const [id = ''] = await accept(1);
    await wait([id], 1);
    expect((await book.wake([id])).waited.map((one) => one.id)).toEqual([id]);
    expect(await sweep.run()).toBe(1);
    expect(started).toEqual([[id]]);
  });

  it('is told late by a run that it has ended, and stays as it is', async () => {
    const [id = ''] = await accept(1);
    await wait([id], 1);
    await store.services[0].mark([id], 'stuck');
    await store.services[0].mark([id], 'going-on');
    expect(await stateOf(id)).toBe('requires_action');
    await store.services[0].close([
      { id, state: 'compensated', cause: { code: 'payment-expired', detail: 'The time is over.' } },
    ]);
    await wait([id], 1);
    expect(await book.read(title, id)).toMatchObject({ state: 'expired', reason: { code: 'payment-expired' } });
  });

  it('counts as late only from the end of its wait on', async () => {
    const ids = await accept(2);
    await store.session.query(`update purchases.open set created_at = now() - interval '1 day'`);
    expect((await book.oldestOpen(store.sources[0])).started).toBeGreaterThan(80_000);
    await wait(ids, 1);
    expect(await book.oldestOpen(store.sources[0])).toEqual({ started: 0, waiting: 0 });
    await wait(ids, -1);
    const { started: none, waiting } = await book.oldestOpen(store.sources[0]);
    expect(none).toBe(0);
    expect(Math.round(waiting / 60)).toBe(60);
  });
});

describe('a request that waits', () => {
  const waitFor = async (id: string, ms: number): Promise<string> => {
    const deal = { ...(await book.read(title, id)), state: 'accepted' as const };
    const waits = new DealWait(book, starter, new Draining());
    return (await waits.untilClosed(deal, Promise.resolve(undefined), ms / 1_000)).state;
  };

  it('is answered when its deal waits for the buyer', async () => {
    const [id = ''] = await accept(1);
    await wait([id], 1);
    const began = Date.now();
    expect(await waitFor(id, 20_000)).toBe('requires_action');
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('goes on waiting while its deal waits for the provider', async () => {
    const [id = ''] = await accept(1);
    await wait([id], 1, 'provider');
    const began = Date.now();
    expect(await waitFor(id, 700)).toBe('processing');
    expect(Date.now() - began).toBeGreaterThanOrEqual(690);
  });
});

it.each([
  ['payment-declined', 'declined'],
  ['purchase-cancelled', 'cancelled'],
  ['payment-expired', 'expired'],
  ['compensated-by-operator', 'compensated'],
])('a deal that is turned back for %s is %s, tells so, and gives its stock back', async (code, state) => {
  await store.publish(`end-${state}`, { stock: 1 });
  const [outcome] = await store.services[0].accept([moneyOrder('ann', `end-${state}`)]);
  const { id } = acceptedOf(outcome);
  const cause = { code, detail: 'It is over.' };
  await store.services[0].close([{ id, state: 'compensated', cause }]);
  expect(await book.read(title, id)).toMatchObject({ state, reason: cause });
  const { rows } = await store.session.query<{ type: string }>(
    'select type from purchases.facts where subject = $1 order by id, place',
    [id],
  );
  expect(rows.map(({ type }) => type)).toEqual(['purchase.accepted', `purchase.${state}`]);
  expect(await store.sold(`end-${state}`)).toEqual({ counted: 0, bought: 0 });
});
