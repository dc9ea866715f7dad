import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/ids.js';
import { untilWaiting } from '../harness/meeting.js';
import { euros } from '../purchases/money.js';
import { title } from '../purchases/store.js';
import { content, Till, closingOf } from './till.js';

/* What is left of purchases to refund, on a real PostgreSQL and by two processes. */

let till: Till;
beforeAll(async () => {
  till = await Till.open();
});
afterAll(async () => {
  expect(await till.store.close()).toBe(0);
});
beforeEach(() => {
  till.cancelled = undefined;
  till.cancels.length = 0;
});

const swords = content.items.flatMap(({ instances }) => instances);
const ends = ['refused', 'compensated', 'failed', 'canceled'] as const;

describe('a refund', () => {
  it('of all that is left is accepted with what it takes, and is told', async () => {
    const purchase = await till.purchase();
    const refund = await till.accepted(purchase, null);
    const takes = {
      amounts: [{ asset: 'gem', amount: '10' }],
      items: swords.map((instance, place) => ({ instance, owed: place < 9 ? '1' : '0' })),
    };
    const said = {
      purchase,
      player: 'ann',
      product: 'pack',
      takes,
      policy: 'debt',
      restock: false,
      found: null,
      reverses: null,
    };
    expect(refund).toMatchObject({ ...said, amount: '10', state: 'accepted', grounds: 'asked for' });
    const { rows } = await till.store.session.query('select type, data from refunds.facts where subject = $1', [
      refund.id,
    ]);
    const pay = { asset: 'gold', amount: '10' };
    expect(rows).toEqual([{ type: 'refund.accepted', data: { ...said, amount: '10', pay, grounds: 'asked for' } }]);
    expect(await till.totals(purchase)).toBe('10 promised, 0 refunded');
  });

  it('of parts comes to all, and of more than is left is declined', async () => {
    const purchase = await till.purchase();
    const parts = [await till.accepted(purchase, 4n), await till.accepted(purchase, 3n)];
    expect((await till.refund(purchase, 4n))[0]).toBe('refund-too-large');
    parts.push(await till.accepted(purchase, null));
    expect(parts.map(({ amount }) => amount)).toEqual(['4', '3', '3']);
    expect(parts.flatMap(({ takes }) => takes.items.map(({ instance }) => instance))).toEqual(swords);
    expect(parts.flatMap(({ takes }) => takes.amounts.map(({ amount }) => amount))).toEqual(['4', '3', '3']);
    for (const amount of [1n, null]) expect((await till.refund(purchase, amount))[0]).toBe('already-refunded');
    expect(await till.totals(purchase)).toBe('10 promised, 0 refunded');
  });

  it.each(ends)('that is %s gives back once what it has promised, for the next one to take', async (end) => {
    const purchase = await till.purchase();
    const first = await till.accepted(purchase, 4n);
    const whole = await till.accepted(purchase, null);
    // A run, a sweep and an operator may all close it.
    await Promise.all([1, 2, 3].map(() => till.close(first, end)));
    const { rows } = await till.store.session.query('select state from refunds.refunds where id = $1', [
      first.id.slice(4),
    ]);
    expect(rows).toEqual([{ state: end }]);
    const { rows: told } = await till.store.session.query(
      'select type, data from refunds.facts where subject = $1 order by id desc, place desc',
      [first.id],
    );
    const reason = { code: expect.any(String), detail: 'So it was told.' };
    expect(told).toEqual([
      { type: `refund.${end}`, data: { reason } },
      expect.objectContaining({ type: 'refund.accepted' }),
    ]);
    expect(await till.totals(purchase)).toBe('6 promised, 0 refunded');
    const again = await till.accepted(purchase, null);
    expect([again.amount, again.takes]).toEqual(['4', first.takes]);
    await till.close(whole, 'succeeded');
    expect(await till.totals(purchase)).toBe('4 promised, 6 refunded');
  });

  it('that has succeeded is counted once as refunded, and for ever', async () => {
    const purchase = await till.purchase();
    const refund = await till.accepted(purchase, 7n);
    await Promise.all([1, 2].map(() => till.close(refund, 'succeeded')));
    await till.close(refund, 'failed');
    expect(await till.totals(purchase)).toBe('0 promised, 7 refunded');
    expect(await till.reads.sumsOf(title, [purchase])).toEqual(new Map([[purchase, { promised: 0n, refunded: 7n }]]));
    expect(await till.reads.sumsOf('other', [purchase])).toEqual(new Map());
  });

  it('is answered by its key, whatever has become of its purchase, and another body is not', async () => {
    const purchase = await till.purchase();
    const refund = await till.accepted(purchase, 4n, { key: 'one' });
    await till.accepted(purchase, null);
    await till.close(refund, 'succeeded');
    expect(await till.refund(purchase, 4n, { key: 'one' })).toMatchObject(['replayed', { id: refund.id }]);
    expect((await till.refund(purchase, 4n, { key: 'one', fingerprint: Buffer.from('g') }))[0]).toBe('key-reused');
  });

  it('of no purchase, or of that of another title, is not found', async () => {
    const purchase = await till.purchase();
    await expect(till.refund(newId('pur'), null)).rejects.toMatchObject({ code: 'not-found' });
    await expect(till.refund(purchase, null, { title: 'other' })).rejects.toMatchObject({ code: 'not-found' });
    expect(await till.totals(purchase)).toBe('none');
  });

  it('of a purchase that is not completed, or was free, is declined, and nothing is kept', async () => {
    const open = await till.order();
    expect((await till.refund(open, null))[0]).toBe('purchase-not-refundable');
    await till.store.services[0].close([{ id: open, state: 'refused', cause: { code: 'item-held', detail: 'Held.' } }]);
    expect((await till.refund(open, null))[0]).toBe('purchase-not-refundable');
    const free = await till.purchase({ pay: { asset: 'gold', amount: '0' } });
    expect((await till.refund(free, null))[0]).toBe('purchase-not-refundable');
    expect([await till.totals(open), await till.totals(free)]).toEqual(['none', 'none']);
    expect(till.cancels).toEqual([]);
  });

  it('of real money goes by the policy of the account, unless it says one, and names the provider', async () => {
    const purchase = await till.purchase({ pay: { ...euros, method: 'pm_card_visa' } });
    const refund = await till.accepted(purchase, 100n);
    const pay = { currency: 'EUR', amount: '499', provider: 'stripe' };
    expect(refund).toMatchObject({ policy: 'freeze', pay });
    expect(refund.pay).toEqual(pay);
    expect((await till.accepted(purchase, 100n, { policy: 'absorb' })).policy).toBe('absorb');
  });

  it('of real money that is not paid yet cancels its purchase', async () => {
    const purchase = await till.order({ pay: euros });
    expect((await till.refund(purchase, null))[0]).toBe('purchase-not-paid');
    expect(till.cancels).toEqual([purchase]);
    till.cancelled = 'purchase-not-cancellable';
    expect((await till.refund(purchase, null))[0]).toBe('purchase-not-refundable');
    till.cancelled = 'payment-processing';
    await expect(till.refund(purchase, null)).rejects.toMatchObject({ code: 'payment-processing' });
    expect(await till.totals(purchase)).toBe('none');
  });

  it('of a disputed purchase is declined, and one that was accepted before is answered all the same', async () => {
    const purchase = await till.purchase({ pay: euros });
    await till.refund(purchase, 100n, { key: 'before' });
    till.disputed.add(purchase);
    expect((await till.refund(purchase, 100n))[0]).toBe('purchase-disputed');
    expect((await till.refund(purchase, 100n, { key: 'before' }))[0]).toBe('replayed');
    till.disputed.delete(purchase);
    expect((await till.refund(purchase, 100n))[0]).toBe('accepted');
  });
});

describe('refunds at once', () => {
  it('of parts above the sum are accepted up to it, whichever process they ask', async () => {
    const purchase = await till.purchase();
    const words = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => (await till.refund(purchase, 3n, {}, n % 2 === 0 ? 0 : 1))[0]),
    );
    expect(words.sort()).toEqual([...Array<string>(3).fill('accepted'), ...Array<string>(9).fill('refund-too-large')]);
    expect(await till.totals(purchase)).toBe('9 promised, 0 refunded');
    const { rows } = await till.store.session.query<{ takes: { items: unknown[] } }>(
      'select takes from refunds.refunds where purchase = $1',
      [purchase.slice(4)],
    );
    expect(rows.flatMap(({ takes }) => takes.items)).toHaveLength(9);
  });

  it('of one key are one, whichever process they ask', async () => {
    const purchase = await till.purchase();
    const both = await Promise.all(
      ([0, 1, 0, 1] as const).map((process) => till.refund(purchase, null, { key: 'both' }, process)),
    );
    expect(both.map(([word]) => word).sort()).toEqual(['accepted', 'replayed', 'replayed', 'replayed']);
    expect(new Set(both.map(([, refund]) => refund?.id)).size).toBe(1);
    expect(await till.totals(purchase)).toBe('10 promised, 0 refunded');
  });

  it('whose terms were decided before another one was accepted are not accepted as they are', async () => {
    const purchase = await till.purchase();
    const {
      id: _,
      state: _state,
      createdAt: _at,
      closedAt: _end,
      reason: _why,
      ...terms
    } = await till.accepted(purchase, 4n);
    const late = { ...terms, title, key: 'late', fingerprint: Buffer.from('f'), id: newId('rfd'), workflowId: null };
    const next = { ...late, id: newId('rfd'), key: 'next', decidedAt: 1 };
    const twin = { ...next, id: newId('rfd'), key: 'twin' };
    const outcomes = await till.services[1].accept([late, next, twin]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['outdated', 'accepted', 'outdated']);
  });

  it('that come again and again too late are sent away, with nothing kept', async () => {
    const purchase = await till.purchase();
    await till.accepted(purchase, 1n);
    const always = till.services[1].accept.bind(till.services[1]);
    till.services[1].accept = (deals, seated) =>
      always(
        deals.map((one) => ({ ...one, decidedAt: 0 })),
        seated,
      );
    try {
      await expect(till.refund(purchase, 1n, {}, 1)).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      till.services[1].accept = always;
    }
    expect(await till.totals(purchase)).toBe('1 promised, 0 refunded');
  });

  it('wait for each other by the row of their purchase', async () => {
    const purchase = await till.purchase();
    await till.accepted(purchase, 1n);
    const { waiting } = await till.store.within('commit', async () => {
      await till.store.session.query('select from refunds.totals where purchase = $1 for update', [purchase.slice(4)]);
      const late = till.refund(purchase, 9n);
      await untilWaiting(till.store.session, 1);
      // Somebody else takes one of them meanwhile.
      await till.store.session.query(
        'update refunds.totals set promised = promised + 1, version = version + 1 where purchase = $1',
        [purchase.slice(4)],
      );
      return { waiting: late };
    });
    expect((await waiting)[0]).toBe('refund-too-large');
  });

  it.each(['refused', 'succeeded'] as const)('whose replay meets the close as %s wait one way only', async (end) => {
    const purchase = await till.purchase();
    const key = `met-${end}`;
    const refund = await till.accepted(purchase, 4n, { key });
    const running = await till.store.within('rollback', async () => {
      await till.store.session.query('select from refunds.totals where purchase = $1 for update', [purchase.slice(4)]);
      const replay = till.refund(purchase, 4n, { key });
      await untilWaiting(till.store.session, 1);
      const close = till.services[1].close([closingOf(refund.id, end)]);
      await untilWaiting(till.store.session, 2);
      return { replay, close };
    });
    expect((await running.replay)[0]).toBe('replayed');
    expect(await running.close).toMatchObject([{ id: refund.id }]);
    // At the end of this file PostgreSQL must have ended no deadlock.
  });
});

it('the database refuses to promise more than was paid, whatever asks', async () => {
  const purchase = await till.purchase();
  await till.accepted(purchase, 10n);
  const add = (column: string): Promise<unknown> =>
    till.store.session.query(`update refunds.totals set ${column} = ${column} + 1 where purchase = $1`, [
      purchase.slice(4),
    ]);
  for (const column of ['promised', 'refunded']) await expect(add(column)).rejects.toMatchObject({ code: '23514' });
});
