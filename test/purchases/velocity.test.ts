import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewPurchase } from '../../src/purchases/purchases.types.js';
import { euros, moneyOrder } from './money.js';
import { purchaseOf, Store, title, wordOf } from './store.js';

/* How fast money may be asked for: a player may make 10 purchases an hour, and pay 9 980 cents a day. */

let store: Store;
beforeAll(async () => {
  store = await Store.open({ perPlayerAndHour: 10, perTitleAndMinute: 40, amountPerPlayerAndDay: 9_980n });
  for (const code of ['pack', 'none']) await store.publish(code, code === 'none' ? { stock: 0 } : {});
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});
beforeEach(() => store.session.query('truncate purchases.velocity'));

async function buy(...purchases: NewPurchase[]): Promise<string[]> {
  return (await store.services[0].accept(purchases)).map(wordOf);
}

const orders = (count: number, player = 'ann', product = 'pack'): NewPurchase[] =>
  Array.from({ length: count }, () => moneyOrder(player, product));

/** How often a word is among these. */
const times = (words: readonly string[], word: string): number => words.filter((one) => one === word).length;

describe('a player', () => {
  it('who tries 64 cards at once through two processes makes ten purchases', async () => {
    const words = await Promise.all(
      orders(64).map(async (order, n) => wordOf((await store.services[n % 2 === 0 ? 0 : 1].accept([order]))[0])),
    );
    expect([times(words, 'accepted'), times(words, 'too-many-purchases')]).toEqual([10, 54]);
  });

  it('who has made too many is told when to try again, and the others may buy', async () => {
    await buy(...orders(10));
    const [outcome] = await store.services[0].accept(orders(1));
    expect(outcome).toMatchObject({ outcome: 'declined', cause: { retryAfterSeconds: expect.any(Number) } });
    const { retryAfterSeconds } = (outcome as { cause: { retryAfterSeconds: number } }).cause;
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(retryAfterSeconds).toBeLessThanOrEqual(3_600);
    expect(await buy(...orders(1, 'bob'), purchaseOf('ann', 'pack'))).toEqual(['accepted', 'accepted']);
  });

  it('may buy again in the next hour', async () => {
    expect(times(await buy(...orders(11)), 'accepted')).toBe(10);
    await store.session.query(`update purchases.velocity set since = since - interval '1 hour' where period = 'hour'`);
    expect(await buy(...orders(1))).toEqual(['accepted']);
  });

  it.each(['payment-declined', 'payment-expired', 'purchase-cancelled'])(
    'is given nothing back by a purchase that ends with %s',
    async (code) => {
      const made = orders(10);
      await buy(...made);
      const cause = { code, detail: 'It is over.' };
      await store.services[0].close(made.map(({ id }) => ({ id, state: 'compensated', cause })));
      expect(await buy(...orders(1))).toEqual(['too-many-purchases']);
    },
  );

  it('is counted nothing for a replay, or for what was not accepted', async () => {
    const first = moneyOrder('ann', 'pack');
    expect(await buy(first)).toEqual(['accepted']);
    const again = { ...first, id: moneyOrder('ann', 'pack').id };
    for (let round = 0; round < 5; round++)
      expect(await buy(again, again, moneyOrder('ann', 'none'))).toEqual(['replayed', 'replayed', 'out-of-stock']);
    expect(times(await buy(again, ...orders(12)), 'accepted')).toBe(9);
    // What was accepted once is answered by its key, however many there are now.
    expect(await buy(again)).toEqual(['replayed']);
  });

  it('who is declined takes nothing of the stock from their neighbours', async () => {
    await store.publish('last', { stock: 1 });
    await buy(...orders(10));
    expect(await buy(moneyOrder('ann', 'last'), moneyOrder('bob', 'last'))).toEqual(['too-many-purchases', 'accepted']);
  });

  it('pays no more in a day than is accepted, in each currency by itself', async () => {
    const large = { pay: { ...euros, amount: '5000' } };
    const other = { pay: { ...euros, currency: 'USD', amount: '5000' } };
    expect(
      await buy(
        moneyOrder('ann', 'pack', large),
        moneyOrder('ann', 'pack', large),
        moneyOrder('ann', 'pack', other),
        moneyOrder('bob', 'pack', large),
      ),
    ).toEqual(['accepted', 'too-many-purchases', 'accepted', 'accepted']);
  });
});

it('all players of a title together make no more than are accepted in a minute', async () => {
  const many = Array.from({ length: 50 }, (_, n) => moneyOrder(`player-${n}`, 'pack'));
  const words = await buy(...many);
  expect([times(words, 'accepted'), times(words, 'too-many-purchases')]).toEqual([40, 10]);
  const { rows } = await store.session.query<{ used: string }>(
    `select used from purchases.velocity where title = $1 and period = 'minute'`,
    [title],
  );
  expect(rows).toEqual([{ used: '40' }]);
});
