import { expect } from '@jest/globals';
import { until } from '../processes.js';
import type { Case } from './case.js';
import { granted } from './sides.js';
import type { Shop } from './shop.js';

/*
 * Webhooks, and accounts. 37 and 43 are in test/payments/webhooks.test.ts: the simulator tells no fact twice under two
 * ids, and no burst. 40 is there in all its ways too. 42 is webhooks-off.test.ts, which makes every case of this folder
 * without one event. 44 needs refunds, which are not there yet.
 */

async function payInPage(shop: Shop): Promise<string> {
  const id = await shop.buy({ method: null });
  await shop.untilBuyer(id);
  await shop.buyerConfirms(id);
  return id;
}

async function expectEvents(shop: Shop): Promise<void> {
  await until(`the events of ${shop.title} are stored`, async () => (await shop.eventsStored()) >= 2);
}

export const eventCases: readonly Case[] = [
  {
    number: 36,
    name: 'every event comes twice, and is stored once',
    needsEvents: true,
    async act(shop) {
      await shop.events('duplicate');
      await payInPage(shop);
    },
    end: granted,
    also: expectEvents,
  },
  {
    number: 38,
    name: 'events come in the wrong order',
    needsEvents: true,
    async act(shop) {
      await shop.events('reorder', { ms: 2_000 });
      await payInPage(shop);
    },
    end: granted,
    also: expectEvents,
  },
  {
    number: 38,
    name: 'events come late, and without what they are about',
    needsEvents: true,
    async act(shop) {
      await shop.events('delay', { kind: 'thin', ms: 1_500 });
      await payInPage(shop);
    },
    end: granted,
    also: expectEvents,
  },
  {
    number: 39,
    name: 'the event comes before our own answer',
    async act(shop) {
      for (const call of ['create', 'confirm', 'capture'] as const) await shop.fault(call, 'delay', { ms: 1_500 });
      await shop.buy();
    },
    end: granted,
  },
  {
    number: 40,
    name: 'events that somebody has forged are believed by nobody, and the purchase goes on',
    needsEvents: true,
    async act(shop) {
      await shop.events('forge');
      await payInPage(shop);
    },
    end: granted,
    also: async (shop) => expect(await shop.eventsStored()).toBe(0),
  },
  {
    number: 41,
    name: 'events are signed with the older of two secrets',
    needsEvents: true,
    async act(shop) {
      await shop.rotateWebhookSecret();
      await payInPage(shop);
    },
    end: granted,
    also: expectEvents,
  },
  {
    number: 57,
    name: 'the key is that of another account for a while: nothing is granted by it, and nothing is lost',
    async act(shop) {
      const id = await shop.buy({ method: null });
      await shop.untilBuyer(id);
      await shop.putAccount(shop.system.provider.newKey());
      await shop.untilState(id, 'parked');
      await shop.putAccount();
      await shop.buyerConfirms(id);
    },
    end: granted,
  },
  {
    number: 59,
    name: 'the account is disconnected: all wait and none is declined, and all go on once it is back',
    async act(shop) {
      const ids = await Promise.all(['ann', 'ben', 'cyd'].map((player) => shop.buy({ player, method: null })));
      await Promise.all(ids.map((id) => shop.untilBuyer(id)));
      await shop.faultForEver('any', 'status', { status: 401 });
      await Promise.all(ids.map((id) => shop.buyerConfirms(id)));
      await Promise.all(ids.map((id) => shop.untilState(id, 'stuck')));
      await shop.mend();
    },
    end: {
      purchases: ['completed', 'completed', 'completed'],
      intents: ['succeeded 499 499 0', 'succeeded 499 499 0', 'succeeded 499 499 0'],
      captures: 3,
      granted: 3,
    },
  },
];
