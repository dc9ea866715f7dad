import { request } from 'node:http';
import { expect } from '@jest/globals';
import type { Case } from './case.js';
import { granted, turnedBack } from './sides.js';
import type { Shop } from './shop.js';
import { attemptsPerHour } from './system.js';

/*
 * Accept, and who tests cards. Where a process dies at a given point, another test has the case: 4, 5 and 8 are in
 * test/crashes (`accept:committed` and the starts), 6 is in test/postgres/lost-connection.test.ts, and 7 is in
 * test/e2e/temporal-down.test.ts. Purchases in money are accepted and started by the same code.
 */

const declined = 'declined payment-declined';

/** Sends an order and hangs up before it is answered. */
function orderAndHangUp({ api, title }: Shop, key: string, body: unknown): Promise<void> {
  return new Promise((resolve) => {
    const sent = request(`${api.url}/v1/purchases`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.key}`,
        'content-type': 'application/json',
        'idempotency-key': key,
        prefer: 'wait=20',
        'user-agent': title,
      },
    });
    sent.on('error', () => resolve());
    // The answer waits for the outcome, so nobody has answered yet.
    sent.end(JSON.stringify(body), () => setImmediate(() => sent.destroy()));
    sent.on('close', () => resolve());
  });
}

export const acceptCases: readonly Case[] = [
  {
    number: 0,
    name: 'nothing goes wrong',
    act: (shop) => shop.buy(),
    end: granted,
  },
  {
    number: 1,
    name: 'a client that hangs up and asks again has one purchase',
    async act(shop) {
      const pay = { currency: 'EUR', amount: '499', provider: 'stripe', method: 'pm_card_visa' };
      await orderAndHangUp(shop, 'hung-up', { player: 'buyer', product: 'pack', pay });
      const { status } = await shop.order({ key: 'hung-up' });
      expect([200, 202]).toContain(status);
    },
    end: granted,
  },
  {
    number: 2,
    name: 'the same key with another body is refused',
    async act(shop) {
      await shop.buy({ key: 'the-key' });
      const other = await shop.order({ key: 'the-key', player: 'another' });
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    },
    end: granted,
  },
  {
    number: 3,
    name: 'twelve requests at once with one key are one purchase',
    async act(shop) {
      const answers = await Promise.all(Array.from({ length: 12 }, () => shop.order({ key: 'the-key' })));
      expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    },
    end: granted,
  },
  {
    number: 9,
    name: 'what is out of stock is refused, and the provider is not asked',
    async act(shop) {
      await shop.sell('last-one', 1);
      const first = await shop.buy({ player: 'first', product: 'last-one', method: null });
      await shop.untilBuyer(first);
      const second = await shop.order({ player: 'second', product: 'last-one' });
      expect(second).toMatchObject({ status: 409, body: { code: 'out-of-stock' } });
      await shop.cancel(first);
    },
    end: turnedBack('cancelled purchase-cancelled', 'canceled 499 0 0'),
  },
  {
    number: 10,
    name: 'another price than that of now is refused, and the provider is not asked',
    async act(shop) {
      const { status, body } = await shop.order({ amount: '498' });
      expect({ status, body }).toMatchObject({ status: 409, body: { code: 'price-changed' } });
    },
    end: { purchases: [], intents: [], captures: 0, granted: 0 },
  },
  {
    number: 60,
    name: 'who tests cards is refused before the provider is asked, and others buy on',
    async act(shop) {
      const answers = await Promise.all(
        Array.from({ length: 25 }, () => shop.order({ player: 'tester', method: 'pm_card_chargeDeclined' })),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(25 - attemptsPerHour);
      for (const { body } of refused) expect(body).toMatchObject({ code: 'too-many-purchases' });
      await shop.buy();
    },
    end: {
      purchases: [...Array.from({ length: attemptsPerHour }, () => declined), 'completed'],
      intents: [...Array.from({ length: attemptsPerHour }, () => 'canceled 499 0 0'), 'succeeded 499 499 0'],
      captures: 1,
      granted: 1,
    },
  },
];
