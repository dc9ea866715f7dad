import { expect } from '@jest/globals';
import { until } from '../processes.js';
import type { Case } from './case.js';
import type { CallName, Shop } from './shop.js';
import { granted, turnedBack, type End } from './sides.js';

/*
 * Authorise. 26, what a bank reverses after it has succeeded, is in cases-outside.ts. What an unknown status or another
 * mode comes to is in src/payments/payments.rules.test.ts: the simulator says neither.
 */

/** A purchase whose call meets a fault once, and is granted all the same. */
function struck(
  [number, fault]: [number, string],
  call: CallName,
  why: string,
  more: { ms?: number; status?: number; times?: number } = {},
): Case {
  return {
    number,
    name: `${call} ${why}`,
    async act(shop) {
      await shop.fault(call, fault, more);
      await shop.buy();
    },
    end: granted,
  };
}

/** A purchase that a fault has parked, which an operator turns back. */
function parked(call: CallName, intent: string): Case {
  return {
    number: 20,
    name: `${call} tells another amount: it is parked for a person, and nothing is granted`,
    async act(shop) {
      await shop.fault(call, 'wrong-amount');
      const id = await shop.buy();
      await shop.untilState(id, 'parked');
      expect((await shop.effects()).calls.filter(({ effect }) => effect === 'captured')).toEqual([]);
      await shop.operate(id, 'compensate');
    },
    end: turnedBack('compensated compensated-by-operator', intent),
  };
}

const expired: End = turnedBack('expired payment-expired', 'canceled 499 0 0');
const cancelled: End = turnedBack('cancelled purchase-cancelled', 'canceled 499 0 0');
const declined: End = turnedBack('declined payment-declined', 'canceled 499 0 0');
/** What a bank, a page or a method captures by itself is captured by no call of ours. */
const capturedElsewhere: End = { ...granted, captures: 0 };

async function buyInPage(shop: Shop): Promise<string> {
  const id = await shop.buy({ method: null });
  await shop.untilBuyer(id);
  return id;
}

const declines: Case[] = ['pm_card_chargeDeclined', 'pm_card_chargeDeclinedInsufficientFunds'].map((method) => ({
  number: 11,
  name: `${method} is declined, and given back`,
  act: (shop) => shop.buy({ method }),
  end: declined,
}));

const answers: Case[] = [
  struck([13, 'hang'], 'create', 'is not answered and not done'),
  struck([13, 'hang'], 'confirm', 'is not answered and not done'),
  struck([14, 'delay'], 'create', 'is done and answered too late', { ms: 4_000 }),
  struck([14, 'delay'], 'confirm', 'is done and answered too late', { ms: 4_000 }),
  struck([15, 'status-stored'], 'create', 'is answered 500 for ever'),
  struck([15, 'status-stored'], 'confirm', 'is answered 500 for ever'),
  {
    number: 16,
    name: 'every call is told to come again, and comes with the same key',
    async act(shop) {
      for (const call of ['create', 'confirm', 'capture'] as const)
        await shop.fault(call, 'status', { status: 429, ms: 300 });
      await shop.buy();
    },
    end: granted,
    async also(shop) {
      const { calls } = await shop.effects();
      const keys = new Set(calls.flatMap(({ key }) => key?.replace(/^pur_[^:]+:/, '') ?? []));
      // The endpoint of the events was made under a key of the client's own.
      expect([...keys].filter((key) => /^(create|confirm|capture|cancel):/.test(key)).sort()).toEqual([
        'capture:1',
        'confirm:1',
        'create:1',
      ]);
    },
  },
  struck([17, 'status'], 'create', 'is answered 409, as being under way', { status: 409 }),
  struck([17, 'status'], 'confirm', 'is answered 409, as being under way', { status: 409 }),
  struck([18, 'drop-before'], 'create', 'is read and not done'),
  struck([18, 'drop-after'], 'create', 'is done and the connection cut'),
  struck([18, 'drop-before'], 'confirm', 'is read and not done'),
  struck([18, 'drop-after'], 'confirm', 'is done and the connection cut'),
  struck([19, 'truncate'], 'create', 'is answered by half'),
  struck([19, 'garbage'], 'confirm', 'is answered with a page'),
  struck([19, 'truncate'], 'look', 'is answered by half'),
  parked('create', 'canceled 500 0 0'),
  parked('confirm', 'canceled 500 0 0'),
];

const buyers: Case[] = [
  {
    number: 12,
    name: 'who is declined in their page may try again',
    async act(shop) {
      const id = await buyInPage(shop);
      await shop.system.provider.act('buyer-fails', id);
      await shop.untilState(id, 'requires_action');
      await shop.buyerConfirms(id);
    },
    end: granted,
  },
  {
    number: 21,
    name: 'the buyer has to do something, and does it',
    async act(shop) {
      const id = await shop.buy({ method: 'pm_card_authenticationRequired' });
      await shop.untilBuyer(id);
      await shop.buyerConfirms(id);
    },
    end: granted,
  },
  {
    number: 22,
    name: 'the buyer is never seen again',
    slow: true,
    act: buyInPage,
    end: expired,
  },
  {
    number: 22,
    name: 'the buyer has paid when the deadline has turned it back, and is given what is captured',
    slow: true,
    async act(shop) {
      await shop.fault('confirm', 'requires-action');
      await shop.faultForEver('cancel', 'hang');
      const id = await shop.buy({ method: 'pm_ideal' });
      await shop.untilBuyer(id);
      await shop.untilState(id, 'voiding', 'unknown');
      await shop.buyerConfirms(id);
      await shop.mend();
    },
    end: capturedElsewhere,
  },
  {
    number: 23,
    name: 'the buyer pays with an old secret, and is refused by the provider',
    async act(shop) {
      const id = await buyInPage(shop);
      expect(await shop.cancel(id)).toMatchObject({ status: 202 });
      await shop.untilState(id, 'cancelled');
      await expect(shop.buyerConfirms(id)).rejects.toThrow(/canceled|cancelled|status/i);
    },
    end: cancelled,
  },
  {
    number: 23,
    name: 'the buyer pays what was cancelled before its intent was known, and is given it back',
    slow: true,
    async act(shop) {
      await shop.faultForEver('create', 'drop-after');
      const id = await shop.buy({ method: null });
      await until('its intent is there', async () => (await shop.effects()).intents.length === 1);
      expect(await shop.cancel(id)).toMatchObject({ status: 202 });
      await shop.untilState(id, 'cancelled');
      await shop.mend();
      await shop.payAtOnce(id);
      await shop.untilGivenBack(id);
    },
    end: {
      purchases: ['cancelled purchase-cancelled'],
      intents: ['succeeded 499 499 499'],
      captures: 1,
      granted: 0,
      givenBack: 1,
    },
  },
  {
    number: 24,
    name: 'the buyer cancels while it is authorised, and that is remembered',
    async act(shop) {
      await shop.fault('confirm', 'delay', { ms: 2_000 });
      const id = await shop.buy();
      await shop.untilDone('authorized');
      expect(await shop.cancel(id)).toMatchObject({ status: 202 });
    },
    end: cancelled,
  },
  {
    number: 24,
    name: 'the buyer cancels before anything is asked, and nothing can be paid',
    async act(shop) {
      await shop.faultForEver('create', 'hang');
      const id = await shop.buy();
      await until('it is asked for', async () =>
        ['authorizing', 'unknown'].includes((await shop.purchase(id))['state'] as string),
      );
      expect(await shop.cancel(id)).toMatchObject({ status: 202 });
    },
    end: turnedBack('cancelled purchase-cancelled'),
  },
];

const banks: Case[] = [
  {
    number: 25,
    name: 'a bank that takes longer than the buyer may is waited for, and nobody cancels meanwhile',
    slow: true,
    async act(shop) {
      const id = await shop.buy({ method: 'pm_sepa_debit' });
      await shop.untilState(id, 'processing');
      expect(await shop.cancel(id)).toMatchObject({ status: 409, body: { code: 'payment-processing' } });
      await shop.untilDeadline(id);
      expect(await shop.purchase(id)).toMatchObject({ state: 'processing' });
      await shop.buyerConfirms(id);
    },
    end: capturedElsewhere,
  },
  {
    number: 25,
    name: 'a bank that says no in the end has it declined',
    async act(shop) {
      const id = await shop.buy({ method: 'pm_sepa_debit' });
      await shop.untilState(id, 'processing');
      await shop.system.provider.act('buyer-fails', id);
    },
    end: declined,
  },
  {
    number: 27,
    name: 'an authorisation that has expired is never granted',
    async act(shop) {
      await shop.faultForEver('capture', 'status', { status: 503, ms: 0 });
      const id = await shop.buy();
      await shop.untilState(id, 'unknown', 'capturing');
      await shop.system.provider.act('expire', id);
    },
    end: expired,
  },
];

export const authorizeCases: readonly Case[] = [...declines, ...answers, ...buyers, ...banks];
