import { expect } from '@jest/globals';
import type { Case } from './case.js';
import { granted, turnedBack } from './sides.js';

/*
 * Capture and grant. 30, 31 at the mint, and 32 are in killed.test.ts, where the worker is killed. 35 is in
 * test/payments/payments.test.ts: two processes make every step at once.
 */

function lost(fault: string, why: string, more: { ms?: number } = {}): Case {
  return {
    number: 28,
    name: `capture ${why}`,
    async act(shop) {
      await shop.fault('capture', fault, more);
      await shop.buy();
    },
    end: granted,
  };
}

export const captureCases: readonly Case[] = [
  lost('hang', 'is not answered and not done'),
  lost('delay', 'is done and answered too late', { ms: 4_000 }),
  lost('drop-before', 'is read and not done'),
  lost('drop-after', 'is done and the connection cut'),
  lost('garbage', 'is done and answered with a page'),
  lost('status-stored', 'is answered 500 for ever'),
  lost('already-captured', 'is said to be done before'),
  {
    number: 28,
    name: 'a method that captures at its confirmation is captured by no other call',
    act: (shop) => shop.buy({ method: 'pm_ideal' }),
    end: { ...granted, captures: 1 },
  },
  {
    number: 29,
    name: 'capture is refused, and everything is given back',
    async act(shop) {
      await shop.fault('capture', 'decline');
      await shop.buy();
    },
    end: turnedBack('compensated capture-refused', 'canceled 499 0 0'),
  },
  {
    number: 31,
    name: 'the ledger refuses to book what is paid, until it is mended',
    async act(shop) {
      const cure = await shop.refuseGrants();
      try {
        const id = await shop.buy();
        await shop.untilDone('captured');
        await shop.untilState(id, 'stuck');
      } finally {
        await cure();
      }
    },
    end: granted,
  },
  {
    number: 33,
    name: 'what is withdrawn, frozen or above a cap after it was accepted is granted all the same',
    async act(shop) {
      const { api, title } = shop;
      const legs = [{ from: 'system:mint', to: 'player:buyer', asset: 'gem', amount: '60' }];
      await api.must(201, api.post('/v1/transfers', 'gems', { legs, reason: 'grant' }));
      const id = await shop.buy({ method: null });
      await shop.untilBuyer(id);
      await api.must(200, api.send('POST', '/v1/products/pack/withdraw'));
      await shop.system.sql.query(
        `update ledger.accounts set state = 'frozen' where title = $1 and owner = 'player:buyer'`,
        [title],
      );
      await shop.buyerConfirms(id);
    },
    end: { ...granted, gems: 60 },
  },
  {
    number: 34,
    name: 'less is captured than was agreed to: it is parked for a person, and nothing is granted',
    async act(shop) {
      await shop.fault('capture', 'wrong-amount');
      await shop.untilState(await shop.buy(), 'parked');
    },
    end: { purchases: ['parked'], intents: ['succeeded 499 498 0'], captures: 1, granted: 0, held: 1 },
  },
  {
    number: 34,
    name: 'less is captured than was agreed to, and the buyer cancels: all of it is given back',
    slow: true,
    async act(shop) {
      await shop.fault('capture', 'wrong-amount');
      const id = await shop.buy();
      await shop.untilState(id, 'parked');
      expect(await shop.cancel(id)).toMatchObject({ status: 202 });
      await shop.untilGivenBack(id);
    },
    end: {
      purchases: ['cancelled purchase-cancelled'],
      intents: ['succeeded 499 498 498'],
      captures: 1,
      granted: 0,
      givenBack: 1,
    },
  },
  {
    number: 34,
    name: 'less is captured than was agreed to, and an operator turns it back: all of it is given back',
    slow: true,
    async act(shop) {
      await shop.fault('capture', 'wrong-amount');
      const id = await shop.buy();
      await shop.untilState(id, 'parked');
      await shop.operate(id, 'compensate');
      await shop.untilGivenBack(id);
    },
    end: {
      purchases: ['compensated compensated-by-operator'],
      intents: ['succeeded 499 498 498'],
      captures: 1,
      granted: 0,
      givenBack: 1,
    },
  },
];
