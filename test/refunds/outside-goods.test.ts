import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { Restock } from '../../src/purchases/restock.js';
import { refundKind } from '../../src/refunds/refund-kind.js';
import { RefundTotals } from '../../src/refunds/refund-totals.js';
import { paid, useGoods } from './goods-world.js';
import { content } from './till.js';

/* The refunds that follow money which moves without our asking, on a real PostgreSQL. */

const used = useGoods();

describe('money that leaves', () => {
  it('takes its share of the goods once, however often and wherever that is due', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    const moved = used.world.move(purchase, 40n);
    await Promise.all([used.world.follow(), used.world.goods[1].follow(10)]);
    expect(used.world.due.size).toBe(0);
    used.world.due.set(moved.movement, moved);
    expect(await used.world.follow()).toBe(1);
    expect([await used.world.refundsOf(purchase), used.world.due.size]).toEqual([['accepted 40 takes 4'], 1]);
    expect(await used.world.till.totals(purchase)).toBe('40 promised, 0 refunded');
    const refund = await used.world.newest(purchase);
    expect(refund).toMatchObject({ policy: used.world.till.spentGoods, workflowId: null, restock: false });
    await used.world.till.close(refund, 'succeeded');
    await used.world.follow();
    expect([await used.world.refundsOf(purchase), used.world.due.size]).toEqual([['succeeded 40 takes 4'], 0]);
  });

  it('counts where its share is nothing, so that parts come to the whole', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    for (let part = 1; part <= 20; part++) {
      used.world.move(purchase, 5n);
      await used.world.follow();
      const refund = await used.world.newest(purchase);
      // Five of a hundred are no sword and no gem, and were closed at once.
      expect(refund.closedAt === null).toBe(part % 2 === 0);
      if (refund.closedAt === null) await used.world.till.close(refund, 'succeeded');
    }
    expect(await used.world.till.totals(purchase)).toBe('0 promised, 100 refunded');
    const all = await used.world.found(purchase);
    const swords = content.items.flatMap(({ instances }) => instances);
    expect(all.flatMap(({ takes }) => takes.items.map(({ instance }) => instance))).toEqual(swords);
    const { rows } = await used.world.till.store.session.query(
      'select count(*)::int as open from refunds.open where id in (select id from refunds.refunds where purchase = $1)',
      [purchase.slice(4)],
    );
    expect(rows).toEqual([{ open: 0 }]);
  });

  it('waits for a refund that it has not enough beside, and takes what that one leaves', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    const refund = await used.world.till.accepted(purchase, 70n);
    used.world.move(purchase, 40n);
    await used.world.follow();
    expect([used.world.due.size, await used.world.refundsOf(purchase)]).toEqual([1, ['accepted 70 takes 7']]);
    await used.world.till.close(refund, 'failed');
    await used.world.follow();
    expect([used.world.due.size, await used.world.refundsOf(purchase)]).toEqual([
      0,
      ['failed 70 takes 7', 'accepted 40 takes 4'],
    ]);
  });

  it('takes nothing where a refund has taken all, and waits for a purchase that goes on', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    await used.world.till.close(await used.world.till.accepted(purchase, null), 'succeeded');
    used.world.move(purchase, 40n);
    const open = await used.world.till.order({ pay: paid });
    used.world.move(open, 40n);
    await used.world.follow();
    expect([...used.world.due.values()].map(({ payment }) => payment)).toEqual([open]);
    expect([await used.world.refundsOf(purchase), await used.world.refundsOf(open)]).toEqual([
      ['succeeded 100 takes 10'],
      [],
    ]);
  });

  it('waits for a purchase that nobody knows, and keeps no other from its goods', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    const unknown = used.world.move('pur_0198c1a0-0000-7000-8000-000000000000', 40n);
    used.world.move(purchase, 40n);
    await used.world.follow();
    expect([...used.world.due.values()]).toEqual([unknown]);
    expect(await used.world.refundsOf(purchase)).toEqual(['accepted 40 takes 4']);
  });

  it('counts once where its COMMIT is not answered', async () => {
    const purchase = await used.world.till.purchase({ pay: paid });
    const open = await used.world.till.accepted(purchase, 10n);
    let lost = 0;
    const flaky = {
      transaction: async (...run: Parameters<DataSource['transaction']>) => {
        const result: unknown = await used.world.till.store.sources[0].transaction(...run);
        if (lost++ === 0) throw new Error('Connection terminated unexpectedly');
        return result;
      },
    } as unknown as DataSource;
    const metrics = new DealMetrics(new Registry());
    used.world.move(purchase, 5n);
    await used.world
      .goodsOf(0, new DealsService(refundKind, flaky, metrics, new RefundTotals(new Restock())))
      .follow(10);
    expect([lost, await used.world.till.totals(purchase)]).toEqual([2, '10 promised, 5 refunded']);
    await used.world.till.close(open, 'succeeded');
    expect(await used.world.till.totals(purchase)).toBe('0 promised, 15 refunded');
  });
});

it('no request can have the key of a refund that follows', async () => {
  const purchase = await used.world.till.purchase({ pay: paid });
  const { reference } = used.world.move(purchase, 40n);
  await used.world.follow();
  const { rows } = await used.world.till.store.session.query('select key from refunds.refunds where purchase = $1', [
    purchase.slice(4),
  ]);
  expect(rows).toEqual([{ key: `§/stripe/dispute/${reference}` }]);
});
