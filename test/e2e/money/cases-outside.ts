import { expect } from '@jest/globals';
import { until } from '../processes.js';
import type { Case } from './case.js';
import { granted, type Back, type End } from './sides.js';
import type { Shop } from './shop.js';

/*
 * Money that moves without our asking, and the goods that follow it. A pack is 50 gems and a sword for 499 cents. A
 * half of it, 250 cents, is 25 gems and no sword.
 */

const nothing: Back = { refunds: [], cents: 0, entries: 0, gems: 0, swords: 0 };
const whole = { cents: 499, entries: 1, gems: 50, swords: 1 };

/** @param refunded cents that are refunded at the provider */
function moved(purchase: string, refunded: number, back: Partial<Back>): End {
  const intents = [`succeeded 499 499 ${refunded}`];
  return { ...granted, purchases: [purchase], intents, back: { ...nothing, ...back } };
}

async function bought(shop: Shop): Promise<string> {
  const id = await shop.buy();
  await shop.untilState(id, 'completed');
  return id;
}

/** A purchase whose payment is disputed, once its goods have followed. */
async function disputed(shop: Shop, amount?: string): Promise<{ id: string; dispute: string }> {
  const id = await bought(shop);
  const dispute = await shop.moves('dispute-open', id, amount);
  await shop.untilState(id, 'disputed');
  await untilFollowed(shop, 1);
  return { id, dispute };
}

/** Waits until so many refunds have followed the money. */
async function untilFollowed(shop: Shop, many: number): Promise<void> {
  await until(`${shop.title}: ${many} refunds have followed`, async () => {
    const refunds = await shop.refunds();
    return refunds.filter(({ state }) => state === 'succeeded').length === many;
  });
}

function lateRefunds(name: string, mode: 'reorder' | 'delay' | 'duplicate'): Case {
  return {
    number: 44,
    name: `two dashboard refunds, of 3 and of 4, whose events ${name}`,
    async act(shop) {
      const id = await bought(shop);
      await shop.events(mode, { ms: 1_000 });
      for (const amount of ['3', '4']) await shop.moves('dashboard-refund', id, amount);
    },
    end: moved('partially_refunded', 7, { refunds: ['succeeded 3', 'succeeded 4'], cents: 7, entries: 2 }),
  };
}

export const outsideCases: readonly Case[] = [
  {
    number: 26,
    name: 'what a bank has paid days later, and takes back afterwards, is as a chargeback',
    async act(shop) {
      const id = await shop.buy({ method: 'pm_sepa_debit' });
      await shop.untilState(id, 'processing');
      await shop.buyerConfirms(id);
      await shop.untilState(id, 'completed');
      const dispute = await shop.moves('dispute-open', id);
      await untilFollowed(shop, 1);
      await shop.moves('dispute-lost', dispute);
    },
    end: {
      ...moved('charged_back', 0, { ...whole, refunds: ['succeeded 499'], disputed: 499, fees: 1 }),
      captures: 0,
    },
  },
  lateRefunds('come in another order', 'reorder'),
  lateRefunds('come late', 'delay'),
  lateRefunds('come twice', 'duplicate'),
  {
    number: 44,
    name: 'a dashboard refund of all takes the goods along',
    async act(shop) {
      await shop.moves('dashboard-refund', await bought(shop));
    },
    end: moved('refunded', 499, { ...whole, refunds: ['succeeded 499'] }),
  },
  {
    number: 44,
    name: 'a dashboard refund beside one that was asked for: both come to all of it, and so do the goods',
    async act(shop) {
      const id = await bought(shop);
      await shop.untilRefund(await shop.giveBack(id, { amount: '250' }), 'succeeded');
      await shop.moves('dashboard-refund', id);
    },
    end: moved('refunded', 499, { ...whole, entries: 2, refunds: ['succeeded 249', 'succeeded 250'] }),
  },
  {
    number: 44,
    name: 'a dashboard refund whose sword was traded on: the buyer owes its share',
    async act(shop) {
      const id = await bought(shop);
      await shop.giveSwordAway(id);
      await shop.moves('dashboard-refund', id);
    },
    end: moved('refunded', 499, { ...whole, refunds: ['succeeded 499'], swords: 0, owes: 249, missing: 1 }),
  },
  {
    number: 44,
    name: 'a dashboard refund that fails gives money and goods back',
    async act(shop) {
      const refund = await shop.moves('dashboard-refund', await bought(shop));
      await untilFollowed(shop, 1);
      await shop.moves('buyer-fails', refund);
    },
    end: moved('completed', 0, { refunds: ['succeeded 499', 'succeeded 499 reversing'], entries: 2 }),
  },
  {
    number: 51,
    name: 'an inquiry moves nothing, and keeps nobody from a refund',
    async act(shop) {
      const id = await bought(shop);
      await shop.moves('dispute-inquiry', id);
      await until(`${shop.title}: the inquiry is known`, async () => {
        const { data } = await shop.api.must(200, shop.api.send('GET', `/v1/disputes?purchase=${id}`));
        return (data as unknown[]).length === 1;
      });
      await shop.untilState(id, 'completed');
      await shop.giveBack(id);
    },
    end: moved('refunded', 499, { ...whole, refunds: ['succeeded 499'] }),
  },
  {
    number: 51,
    name: 'a dispute of a part takes that part of the goods',
    act: (shop) => disputed(shop, '250'),
    end: moved('disputed', 0, {
      refunds: ['succeeded 250'],
      ...{ cents: 250, entries: 1, gems: 25, disputed: 250, fees: 1 },
    }),
  },
  {
    number: 51,
    name: 'a dispute that is won gives money and goods back',
    async act(shop) {
      const { dispute } = await disputed(shop);
      await shop.moves('dispute-won', dispute);
    },
    end: moved('completed', 0, { refunds: ['succeeded 499', 'succeeded 499 reversing'], entries: 2, fees: 1 }),
  },
  {
    number: 51,
    name: 'a dispute that is won ends the debt for a sword that was traded on',
    async act(shop) {
      const id = await bought(shop);
      await shop.giveSwordAway(id);
      const dispute = await shop.moves('dispute-open', id);
      await untilFollowed(shop, 1);
      await shop.moves('dispute-won', dispute);
    },
    end: moved('completed', 0, {
      refunds: ['succeeded 499', 'succeeded 499 reversing'],
      ...{ entries: 2, fees: 1, missing: 2 },
    }),
  },
  {
    number: 51,
    name: 'a dispute that is won at once is nothing in the end, whichever was seen first',
    async act(shop) {
      const id = await bought(shop);
      const { id: dispute } = await shop.system.provider.act<{ id: string }>('dispute-open', id);
      await shop.moves('dispute-won', dispute);
    },
    end: moved('completed', 0, { refunds: ['succeeded 499', 'succeeded 499 reversing'], entries: 2, fees: 1 }),
  },
  {
    number: 51,
    name: 'a dispute that is lost leaves the money and the goods where they are',
    async act(shop) {
      const { dispute } = await disputed(shop);
      await shop.moves('dispute-lost', dispute);
    },
    end: moved('charged_back', 0, { ...whole, refunds: ['succeeded 499'], disputed: 499, fees: 1 }),
  },
  {
    number: 51,
    name: 'a dispute that is lost, appealed and won gives money and goods back',
    async act(shop) {
      const { id, dispute } = await disputed(shop);
      await shop.moves('dispute-lost', dispute);
      await shop.untilState(id, 'charged_back');
      await shop.moves('dispute-appeal', dispute);
      await shop.moves('dispute-won', dispute);
    },
    end: moved('completed', 0, { refunds: ['succeeded 499', 'succeeded 499 reversing'], entries: 2, fees: 1 }),
  },
  {
    number: 51,
    name: 'a dispute that is prevented takes money and goods, and costs no fee',
    async act(shop) {
      await shop.moves('dispute-prevented', await bought(shop));
    },
    end: moved('refunded', 0, { ...whole, refunds: ['succeeded 499'], disputed: 499 }),
  },
  {
    number: 52,
    name: 'a refund is refused while the payment is disputed',
    async act(shop) {
      const { id } = await disputed(shop, '250');
      expect(await shop.refund(id, { amount: '100' })).toMatchObject({
        status: 409,
        body: { code: 'purchase-disputed' },
      });
    },
    end: moved('disputed', 0, {
      refunds: ['succeeded 250'],
      ...{ cents: 250, entries: 1, gems: 25, disputed: 250, fees: 1 },
    }),
  },
  {
    number: 53,
    name: 'an early fraud warning is told, and moves nothing',
    async act(shop) {
      const id = await bought(shop);
      await shop.moves('fraud-warning', id);
      await until(`${shop.title}: the warning is told`, async () => {
        const { rows } = await shop.system.sql.query(
          `select 1 from payments.facts where type = 'payment.fraud-warned' and subject = $1`,
          [id],
        );
        return rows.length === 1;
      });
    },
    end: granted,
  },
];
