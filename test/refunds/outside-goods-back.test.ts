import { describe, expect, it } from '@jest/globals';
import { paid, useGoods } from './goods-world.js';

/* The refunds that are taken back once the money has come back, on a real PostgreSQL. */

const used = useGoods();

describe('money that comes back', () => {
  /** A purchase of which a dispute has taken 40, by a refund that has succeeded. */
  async function charged(): Promise<string> {
    const purchase = await used.world.till.purchase({ pay: paid });
    used.world.move(purchase, 40n);
    await used.world.follow();
    const refund = await used.world.newest(purchase);
    used.world.booked.set(refund.id, [
      { from: 'player:ann', to: 'system:mint', asset: 'gem', amount: 4n, reversed: 0n },
    ]);
    await used.world.till.close(refund, 'succeeded');
    return purchase;
  }

  it('takes back the refund once, and then all can be refunded', async () => {
    const purchase = await charged();
    const moved = used.world.move(purchase, -40n);
    await Promise.all([used.world.follow(), used.world.goods[1].follow(10)]);
    used.world.due.set(moved.movement, moved);
    await used.world.follow();
    const reversal = await used.world.newest(purchase);
    expect(reversal.reverses?.legs).toEqual([{ from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '4' }]);
    // What is being taken back is not free before it is over.
    expect((await used.world.till.refund(purchase, 50n))[0]).toBe('refund-under-way');
    expect(await used.world.till.totals(purchase)).toBe('0 promised, 40 refunded');
    await Promise.all([1, 2].map(() => used.world.till.close(reversal, 'succeeded')));
    expect(await used.world.till.totals(purchase)).toBe('0 promised, 0 refunded');
    expect((await used.world.till.accepted(purchase, null)).takes.items).toHaveLength(10);
    expect(await used.world.refundsOf(purchase)).toEqual([
      'succeeded 40 takes 4',
      'succeeded 40 takes 4 reverses 40',
      'accepted 100 takes 10',
    ]);
    await used.world.follow();
    expect(used.world.due.size).toBe(0);
  });

  it('that is turned back by an operator leaves what was taken', async () => {
    const purchase = await charged();
    used.world.move(purchase, -40n);
    await used.world.follow();
    await used.world.till.close(await used.world.newest(purchase), 'compensated');
    expect(await used.world.till.totals(purchase)).toBe('0 promised, 40 refunded');
    expect((await used.world.till.accepted(purchase, null)).amount).toBe('60');
  });

  it('waits for the refund that it is to take back, and for an earlier one that takes back', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    used.world.move(purchase, 40n);
    await used.world.follow();
    used.world.move(purchase, -40n);
    await used.world.follow();
    expect(used.world.due.size).toBe(1);
    await used.world.till.close(await used.world.newest(purchase), 'succeeded');
    await used.world.follow();
    expect(used.world.due.size).toBe(0);
    // The bank takes it again.
    used.world.move(purchase, 40n);
    await used.world.follow();
    expect(used.world.due.size).toBe(1);
    await used.world.till.close(await used.world.newest(purchase), 'succeeded');
    await used.world.follow();
    expect(used.world.due.size).toBe(0);
    expect(await used.world.refundsOf(purchase)).toEqual([
      'succeeded 40 takes 4',
      'succeeded 40 takes 4 reverses 40',
      'accepted 40 takes 4',
    ]);
  });

  it('takes back several of one dispute, also where one has taken nothing', async () => {
    const purchase = await charged();
    used.world.move(purchase, 5n);
    await used.world.follow();
    used.world.move(purchase, -45n);
    for (let turns = 0; turns < 3 && used.world.due.size > 0; turns++) {
      await used.world.follow();
      for (const one of await used.world.found(purchase))
        if (one.closedAt === null) await used.world.till.close(one, 'succeeded');
    }
    expect(used.world.due.size).toBe(0);
    expect(await used.world.till.totals(purchase)).toBe('0 promised, 0 refunded');
    expect(await used.world.refundsOf(purchase)).toEqual([
      'succeeded 40 takes 4',
      'succeeded 5 takes 0',
      'succeeded 40 takes 4 reverses 40',
      'succeeded 5 takes 0 reverses 5',
    ]);
  });

  it('gives its stock back with a refund of all that comes later', async () => {
    const purchase = await charged();
    used.world.move(purchase, -40n);
    await used.world.follow();
    await used.world.till.close(await used.world.newest(purchase), 'succeeded');
    const [, refund] = await used.world.till.refund(purchase, null, { restock: true });
    if (refund !== undefined) await used.world.till.close(refund, 'succeeded');
    const { rows } = await used.world.till.store.session.query(
      'select 1 as one from purchases.restocked where purchase = $1',
      [purchase.slice(4)],
    );
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('is taken again where it leaves while all of it is being taken back', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    for (const counted of [100n, -100n]) {
      used.world.move(purchase, counted);
      await used.world.follow();
      if (counted > 0n) await used.world.till.close(await used.world.newest(purchase), 'succeeded');
    }
    const reversal = await used.world.newest(purchase);
    used.world.move(purchase, 100n);
    await used.world.follow();
    expect(used.world.due.size).toBe(1);
    await used.world.till.close(reversal, 'succeeded');
    await used.world.follow();
    expect([used.world.due.size, (await used.world.newest(purchase)).takes.items.length]).toEqual([0, 10]);
  });

  it('leaves the goods where they are before all of it is back', async () => {
    const purchase = await charged();
    used.world.move(purchase, -10n);
    await used.world.follow();
    expect([used.world.due.size, await used.world.refundsOf(purchase)]).toEqual([0, ['succeeded 40 takes 4']]);
  });
});
