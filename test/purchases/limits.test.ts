import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { untilWaiting } from '../harness/meeting.js';
import { readBought } from '../../src/purchases/sales.statements.js';
import { acceptedOf, purchaseOf, Store, title, wordOf } from './store.js';

/* The limits of a player. Sessions are in UTC whatever the server says; test/postgres/session-settings holds that. */

let store: Store;
beforeAll(async () => {
  store = await Store.open();
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});

async function buy(...purchases: ReturnType<typeof purchaseOf>[]): Promise<string[]> {
  return (await store.services[0].accept(purchases)).map(wordOf);
}

const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };

const moveTo = (moment: string, uuid: string | undefined): Promise<unknown> =>
  store.session.query(`update purchases.purchases set created_at = ${moment} where id = $1`, [uuid]);

describe('a limit', () => {
  it.each([
    ['perPlayer', 'purchase-limit-reached'],
    ['perPlayerAndDay', 'accepted'],
    ['perPlayerAndWeek', 'accepted'],
    ['perPlayerAndMonth', 'accepted'],
  ] as const)('%s counts what was bought within its period, by the player alone', async (limit, word) => {
    const product = limit.toLowerCase();
    await store.publish(product, { limits: { [limit]: 2 } });
    const [purchase] = (await store.services[0].accept([purchaseOf('ann', product)])).map(acceptedOf);
    await moveTo(`now() - interval '400 days'`, purchase?.id.slice(4));
    expect(await buy(purchaseOf('ann', product, { quantity: 2 }))).toEqual([word]);
    expect(await buy(purchaseOf('bob', product, { quantity: 3 }))).toEqual(['purchase-limit-reached']);
    expect(await buy(purchaseOf('bob', product, { quantity: 2 }))).toEqual(['accepted']);
    expect(await buy(purchaseOf('bob', product))).toEqual(['purchase-limit-reached']);
  });

  it('of three a day holds across two processes, and begins anew at midnight of UTC', async () => {
    await store.publish('daily', { limits: { perPlayerAndDay: 3 } });
    const many = (): Promise<string[]> =>
      Promise.all(
        Array.from({ length: 16 }, async (_, n) => {
          const [outcome] = await store.services[n % 2 === 0 ? 0 : 1].accept([purchaseOf('ann', 'daily')]);
          return wordOf(outcome);
        }),
      );
    const count = (words: string[]): number => words.filter((word) => word === 'accepted').length;
    expect(count(await many())).toBe(3);
    // The last moment of yesterday is another day, and the first of today is not.
    const { rows } = await store.session.query<{ id: string }>(
      `select id from purchases.purchases where product = 'daily' order by id`,
    );
    const midnight = `date_trunc('day', now(), 'UTC')`;
    await moveTo(`${midnight} - interval '1 microsecond'`, rows[0]?.id);
    await moveTo(`${midnight} - interval '1 microsecond'`, rows[1]?.id);
    await moveTo(midnight, rows[2]?.id);
    expect(count(await many())).toBe(2);
  });

  it.each([
    ['perPlayerAndDay', 'day'],
    ['perPlayerAndWeek', 'week'],
    ['perPlayerAndMonth', 'month'],
  ] as const)('%s begins with its period of UTC, of which a week begins on Monday', async (limit, period) => {
    const product = `edge-${period}`;
    await store.publish(product, { limits: { [limit]: 1 } });
    const start = `date_trunc('${period}', now() at time zone 'UTC') at time zone 'UTC'`;
    for (const [player, moment, word] of [
      ['ann', `${start} - interval '1 microsecond'`, 'accepted'],
      ['bob', start, 'purchase-limit-reached'],
    ] as const) {
      const [bought] = (await store.services[0].accept([purchaseOf(player, product)])).map(acceptedOf);
      await moveTo(moment, bought?.id.slice(4));
      // The period may end while the test runs, once in a while. It is looked at by the same clock.
      expect([player, await buy(purchaseOf(player, product))]).toEqual([player, [word]]);
    }
  });

  it('counts nothing of the next day for an acceptance that began before midnight', async () => {
    await store.publish('late', { limits: { perPlayerAndDay: 1 } });
    const [bought] = (await store.services[0].accept([purchaseOf('ann', 'late')])).map(acceptedOf);
    const { late } = await store.within('commit', async () => {
      await store.session.query(`select from purchases.sales where product = 'late' for update`);
      const waiting = buy(purchaseOf('ann', 'late'));
      await untilWaiting(store.session, 1);
      // What was bought while it waited is of the next day.
      await moveTo(`date_trunc('day', now(), 'UTC') + interval '1 day'`, bought?.id.slice(4));
      return { late: waiting };
    });
    expect(await late).toEqual(['accepted']);
  });

  it('does not count or read what was refused, however much that is', async () => {
    await store.publish('tried', { limits: { perPlayer: 1 } });
    const tried = Array.from({ length: 300 }, () => purchaseOf('ann', 'tried'));
    for (const purchase of tried) {
      expect(await buy(purchase)).toEqual(['accepted']);
      await store.services[0].close([{ id: purchase.id, state: 'refused', cause }]);
    }
    await store.session.query('vacuum analyze purchases.purchases');
    let plan = '';
    const explaining = {
      query: async (text: string, parameters: unknown[]) => {
        const { rows } = await store.session.query<{ 'QUERY PLAN': string }>(
          `explain (analyze, costs off, timing off, buffers off) ${text}`,
          parameters,
        );
        plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        return [];
      },
    } as unknown as EntityManager;
    const limits = { perPlayer: 1, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null };
    await readBought(explaining, [{ title, product: 'tried', player: 'ann', limits }]);
    expect(plan).toMatch(/purchases_of_buyer.*rows=0/);
  });

  it('in one list counts what its neighbours have bought', async () => {
    await store.publish('list', { limits: { perPlayer: 2 } });
    const list = ['ann', 'bob', 'ann', 'ann', 'bob'].map((player) => purchaseOf(player, 'list'));
    expect(await buy(...list)).toEqual(['accepted', 'accepted', 'accepted', 'purchase-limit-reached', 'accepted']);
  });

  it('costs the close that completes a purchase no change of an index', async () => {
    await store.publish('hot');
    const [bought] = (await store.services[0].accept([purchaseOf('ann', 'hot')])).map(acceptedOf);
    await store.session.query('begin');
    await store.session.query(`update purchases.purchases set state = 'completed', closed_at = now() where id = $1`, [
      bought?.id.slice(4),
    ]);
    const { rows } = await store.session.query(
      `select pg_stat_get_xact_tuples_updated(t)::int as updated, pg_stat_get_xact_tuples_hot_updated(t)::int as hot
       from (select 'purchases.purchases'::regclass as t)`,
    );
    await store.session.query('rollback');
    expect(rows).toEqual([{ updated: 1, hot: 1 }]);
  });
});
