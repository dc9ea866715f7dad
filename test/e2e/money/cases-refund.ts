import { expect } from '@jest/globals';
import type { Case } from './case.js';
import { granted, turnedBack, type Back, type End } from './sides.js';
import type { Shop } from './shop.js';

/*
 * Refunds that the title asks for. A pack is 50 gems and a sword for 499 cents, so the sword's share is 249 of them and
 * the gems' 250. The pack of 47 and its like is in test/payments/refunds.test.ts, at the provider alone.
 */

/** All of a pack that was given back, by so many cents at the provider. */
const allBack: Back = { refunds: ['succeeded 499'], cents: 499, entries: 1, gems: 50, swords: 1 };

function refunded(back: Partial<Back> = {}, purchase = 'refunded', captured = '499 499 499'): End {
  return { ...granted, purchases: [purchase], intents: [`succeeded ${captured}`], back: { ...allBack, ...back } };
}

/** Nothing was given back, and the buyer keeps all. */
function kept(refund: string): End {
  return { ...granted, back: { refunds: [refund], cents: 0, entries: 0, gems: 0, swords: 0 } };
}

async function bought(shop: Shop): Promise<string> {
  const id = await shop.buy();
  await shop.untilState(id, 'completed');
  return id;
}

function lost(fault: string, why: string, more: { ms?: number } = {}): Case {
  return {
    number: 48,
    name: `refund ${why}`,
    async act(shop) {
      const id = await bought(shop);
      await shop.fault('refund', fault, more);
      await shop.giveBack(id);
    },
    end: refunded(),
  };
}

export const refundCases: readonly Case[] = [
  {
    number: 45,
    name: 'a refund that is asked for twice at once is one',
    async act(shop) {
      const id = await bought(shop);
      const answers = await Promise.all([1, 2].map(() => shop.refund(id, { key: 'once' })));
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      expect(new Set(answers.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    },
    end: refunded(),
  },
  {
    number: 45,
    name: 'all that is left is refunded once, under two keys',
    async act(shop) {
      const id = await bought(shop);
      const answers = await Promise.all(['one', 'two'].map((key) => shop.refund(id, { key })));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    },
    end: refunded(),
  },
  {
    number: 46,
    name: 'of partial refunds at once those are refused that would come to more than was captured',
    async act(shop) {
      const id = await bought(shop);
      const answers = await Promise.all([1, 2, 3].map(() => shop.refund(id, { amount: '200' })));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 409]);
      expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'refund-too-large' });
    },
    end: refunded(
      { refunds: ['succeeded 200', 'succeeded 200'], cents: 400, entries: 2, gems: 40, swords: 0 },
      'partially_refunded',
      '499 499 400',
    ),
  },
  {
    number: 46,
    name: 'three parts come to the whole, of the money and of the goods',
    async act(shop) {
      const id = await bought(shop);
      for (const amount of ['1', '333', undefined])
        await shop.untilRefund(await shop.giveBack(id, amount === undefined ? {} : { amount }), 'succeeded');
    },
    end: refunded({ refunds: ['succeeded 1', 'succeeded 333', 'succeeded 165'], entries: 3 }),
  },
  {
    number: 47,
    name: 'a refund is pending, and then succeeds',
    slow: true,
    async act(shop) {
      const id = await bought(shop);
      await shop.fault('refund', 'processing');
      const refund = await shop.untilRefund(await shop.giveBack(id), 'pending');
      await shop.untilState(id, 'refunding');
      await shop.system.provider.act('settle', refund['reference'] as string);
    },
    end: refunded(),
  },
  {
    number: 47,
    name: 'a refund is pending, and then fails: the buyer keeps all, and it can be asked for again',
    slow: true,
    async act(shop) {
      const id = await bought(shop);
      await shop.fault('refund', 'processing');
      const first = await shop.giveBack(id);
      const refund = await shop.untilRefund(first, 'pending');
      await shop.system.provider.act('buyer-fails', refund['reference'] as string);
      await shop.untilRefund(first, 'failed');
      await shop.giveBack(id);
    },
    end: refunded({ refunds: ['failed refund-failed 499', 'succeeded 499'] }),
  },
  {
    number: 47,
    name: 'a refund waits for the buyer, and is cancelled: the buyer keeps all',
    slow: true,
    async act(shop) {
      const id = await bought(shop);
      await shop.fault('refund', 'requires-action');
      const refund = await shop.untilRefund(await shop.giveBack(id), 'requires_action');
      await shop.system.provider.act('expire', refund['reference'] as string);
    },
    end: kept('canceled refund-canceled 499'),
  },
  {
    number: 47,
    name: 'a refund fails at once: the buyer keeps all',
    async act(shop) {
      const id = await bought(shop);
      await shop.fault('refund', 'decline');
      await shop.giveBack(id);
    },
    end: kept('failed refund-failed 499'),
  },
  lost('hang', 'is not answered and not done'),
  lost('delay', 'is done and answered too late', { ms: 4_000 }),
  lost('drop-before', 'is read and not done'),
  lost('drop-after', 'is done and the connection cut'),
  lost('garbage', 'is done and answered with a page'),
  lost('status-stored', 'is answered 500 for ever'),
  {
    number: 49,
    name: 'what was never captured is voided in the place of a refund',
    async act(shop) {
      const id = await shop.buy({ method: null });
      await shop.untilBuyer(id);
      expect(await shop.refund(id)).toMatchObject({ status: 409 });
    },
    end: turnedBack('cancelled purchase-cancelled', 'canceled 499 0 0'),
  },
  {
    number: 50,
    name: 'a sword that was traded on stays where it is, and the buyer owes its share',
    async act(shop) {
      const id = await bought(shop);
      await shop.giveSwordAway(id);
      await shop.giveBack(id);
    },
    end: refunded({ swords: 0, owes: 249, missing: 1 }),
  },
  {
    number: 50,
    name: 'a sword that was traded on is written off where the title absorbs it',
    async act(shop) {
      const id = await bought(shop);
      await shop.giveSwordAway(id);
      await shop.giveBack(id, { spentGoods: 'absorb' });
    },
    end: refunded({ swords: 0, lost: 249, missing: 1 }),
  },
];
