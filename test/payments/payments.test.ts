import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PaymentElement, StepResult } from '../../src/payments/payments.types.js';
import { untilAnswered } from './adapters.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* The steps of payments, with the simulator as provider: what is answered, kept, and done to the buyer's money. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterEach(async () => {
  await world.provider.control('DELETE', 'faults');
});
afterAll(() => world.close());

const cause = { code: 'compensated-by-operator', detail: 'ops: a mistake' };

const authorize = (element: PaymentElement, tries?: number): Promise<StepResult | undefined> =>
  untilAnswered(() => world.payments.authorize([element], alone), tries);
const capture = (element: PaymentElement, tries?: number): Promise<StepResult | undefined> =>
  untilAnswered(() => world.payments.capture([element], alone), tries);
const voidIt = (element: PaymentElement): Promise<StepResult | undefined> =>
  untilAnswered(() => world.payments.void([{ ...element, cause }], alone));

const authorized = { answer: { outcome: 'authorized' } };
const captured = { answer: { outcome: 'captured' } };

/** The paths of intents, by which faults are set for one payment alone: its intent is found by its metadata. */
const create = '/v1/payment_intents';
const confirmPath = '/v1/payment_intents/*/confirm';
const capturePath = '/v1/payment_intents/*/capture';
const cancelPath = '/v1/payment_intents/*/cancel';

async function fault(path: string, name: string, element: PaymentElement, more: object = { times: 1 }): Promise<void> {
  await world.provider.fault({ on: { method: 'POST', path, reference: element.id }, fault: name, ...more });
}

describe('a payment', () => {
  test('is created, confirmed and captured by three calls, and every step answers the same again', async () => {
    const element = world.element();
    expect(await authorize(element)).toEqual(authorized);
    expect(await capture(element)).toEqual(captured);
    expect(await authorize(element)).toEqual(captured);
    expect(await capture(element)).toEqual(captured);
    expect(await voidIt(element)).toEqual(captured);
    expect(await world.payments.kept([element.id])).toEqual([{ outcome: 'captured' }]);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
    expect(await world.operations(element.id)).toEqual([
      'create:1 succeeded',
      'confirm:1 succeeded',
      'capture:1 succeeded',
    ]);
    const { calls } = await world.provider.effects({ reference: element.id });
    expect(calls.map(({ key, effect }) => `${key?.replace(element.id, 'pur')} ${effect}`)).toEqual([
      'pur:create:1 created',
      'pur:confirm:1 authorized',
      'pur:capture:1 captured',
    ]);
  });

  test('that is declined is turned back, and cancelled at the provider before that is answered', async () => {
    const element = world.element({ method: 'pm_card_chargeDeclinedInsufficientFunds' });
    expect(await authorize(element)).toMatchObject({
      answer: { outcome: 'turned-back', cause: { code: 'payment-declined' } },
    });
    expect(await world.intents(element.id)).toEqual(['requires_payment_method 499 0 0']);
    expect(await voidIt(element)).toMatchObject({
      answer: { outcome: 'cancelled', cause: { code: 'payment-declined' } },
    });
    expect(await world.intents(element.id)).toEqual(['canceled 499 0 0']);
    expect(await capture(element)).toMatchObject({ answer: { outcome: 'turned-back' } });
  });

  test('waits for the buyer, is authorised when the buyer has paid, and is declined by nobody meanwhile', async () => {
    const element = world.element({ method: null });
    expect(await authorize(element)).toMatchObject({ answer: { outcome: 'waits', for: 'buyer' } });
    const view = (await world.reads.views('arena', [element.id])).get(element.id);
    expect(view).toMatchObject({ state: 'requires_action', clientSecret: expect.stringContaining('_secret_') });
    await world.provider.act('buyer-fails', element.id);
    expect(await authorize(element)).toMatchObject({ answer: { outcome: 'waits', for: 'buyer' } });
    await world.provider.act('buyer-confirms', element.id);
    expect(await authorize(element)).toEqual(authorized);
    expect(await capture(element)).toEqual(captured);
    expect((await world.reads.views('arena', [element.id])).get(element.id)).toMatchObject({ clientSecret: null });
  });

  test('that the bank processes waits for it, and cannot be turned back by the buyer', async () => {
    const element = world.element({ method: 'pm_sepa_debit' });
    expect(await authorize(element)).toMatchObject({ answer: { outcome: 'waits', for: 'provider' } });
    expect(await world.payments.turnBack(element, cause)).toBe('processing');
    await world.provider.act('buyer-confirms', element.id);
    // The method captures at its confirmation, so nothing is captured by a call of ours.
    expect(await authorize(element)).toEqual(captured);
    expect(await world.operations(element.id)).not.toContain('capture:1 succeeded');
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
  });

  test('of a method that captures at its confirmation is captured when it is authorised', async () => {
    const element = world.element({ method: 'pm_ideal' });
    expect(await authorize(element)).toEqual(captured);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
  });

  test('that is turned back before it has an intent is at its end, without any step of its saga', async () => {
    const element = world.element();
    expect(await world.payments.turnBack(element, cause)).toBe('turned-back');
    expect(await world.state(element.id)).toBe('cancelled');
    expect(await authorize(element)).toEqual({ answer: { outcome: 'turned-back', cause } });
    expect(await world.intents(element.id)).toEqual([]);
  });

  test('that was never begun is cancelled by our word, and nothing is ever created for it', async () => {
    const element = world.element();
    expect(await voidIt(element)).toEqual({ answer: { outcome: 'cancelled', cause } });
    expect(await authorize(element)).toEqual({ answer: { outcome: 'turned-back', cause } });
    expect(await world.intents(element.id)).toEqual([]);
  });

  test('whose authorisation expires is never captured', async () => {
    const element = world.element();
    await authorize(element);
    await world.provider.act('expire', element.id);
    expect(await capture(element)).toMatchObject({
      answer: { outcome: 'turned-back', cause: { code: 'payment-expired' } },
    });
    expect(await voidIt(element)).toMatchObject({
      answer: { outcome: 'cancelled', cause: { code: 'payment-expired' } },
    });
  });
});

describe('a call whose answer is lost', () => {
  const struck = (['drop-before', 'drop-after', 'hang', 'truncate', 'garbage', 'status'] as const).flatMap((name) =>
    [create, confirmPath, capturePath].map((path) => [name, path] as const),
  );

  test.each(struck)('%s of %s: the payment is captured once in the end', async (name, path) => {
    const element = world.element();
    await fault(path, name, element);
    expect(await authorize(element)).toEqual(authorized);
    expect(await capture(element)).toEqual(captured);
    const { intents, calls } = await world.provider.effects({ reference: element.id });
    expect(intents.filter(({ captured }) => captured !== '0')).toHaveLength(1);
    expect(calls.filter(({ effect }) => effect === 'captured')).toHaveLength(1);
    expect(calls.filter(({ effect }) => effect === 'authorized')).toHaveLength(1);
    expect(await world.payments.kept([element.id])).toEqual([{ outcome: 'captured' }]);
  });

  test.each([create, confirmPath, capturePath])(
    'by an error that is kept under the key of %s: another key is used once it is known that nothing was done',
    async (path) => {
      const element = world.element();
      await fault(path, 'status-stored', element);
      expect(await authorize(element)).toEqual(authorized);
      expect(await capture(element)).toEqual(captured);
      expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
      expect((await world.operations(element.id)).filter((text) => text.includes(':2 succeeded'))).toHaveLength(1);
    },
  );

  test('is no decline: an unknown confirmation is authorised by a look', async () => {
    const element = world.element();
    await fault(confirmPath, 'garbage', element);
    await expect(world.payments.authorize([element], alone)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await world.reads.views('arena', [element.id])).get(element.id)).toMatchObject({ unknown: true });
    expect(await authorize(element)).toEqual(authorized);
    expect(await world.operations(element.id)).toContain('confirm:1 resolved');
  });

  test.each(['drop-after', 'hang', 'garbage', 'status-stored'])(
    'by %s of the cancel: nothing is answered until it is known that it is cancelled',
    async (name) => {
      const element = world.element();
      await authorize(element);
      await fault(cancelPath, name, element);
      expect(await voidIt(element)).toEqual({ answer: { outcome: 'cancelled', cause } });
      expect(await world.intents(element.id)).toEqual(['canceled 499 0 0']);
    },
  );
});

describe('a provider', () => {
  test('that throttles is asked again with the same key, and that counts as no attempt', async () => {
    const element = world.element();
    await fault(confirmPath, 'status', element, { status: 429, ms: 100, times: 2 });
    expect(await authorize(element)).toEqual(authorized);
    const [row] = await world.source.query<{ attempts: number }[]>(
      `select attempts from payments.operations where payment = $1 and kind = 'confirm'`,
      [element.id],
    );
    expect(row?.attempts).toBe(1);
  });

  test('that tells another amount is believed by nobody: the payment is parked and not captured', async () => {
    const element = world.element();
    await fault(confirmPath, 'wrong-amount', element);
    expect(await authorize(element, 2)).toMatchObject({ failed: expect.stringContaining('500 EUR') });
    expect((await world.reads.views('arena', [element.id])).get(element.id)).toMatchObject({
      parked: { code: 'payment-mismatch' },
    });
    expect(await voidIt(element)).toEqual({ answer: { outcome: 'cancelled', cause } });
  });

  test('that captures less than was agreed to has the payment parked, and nothing is granted', async () => {
    const element = world.element();
    await authorize(element);
    await fault(capturePath, 'wrong-amount', element);
    expect(await capture(element, 2)).toMatchObject({ failed: expect.stringContaining('498 of 499 EUR') });
    expect(await world.payments.kept([element.id])).toEqual([undefined]);
  });

  test('that says it was captured before is looked at, and what it has captured counts', async () => {
    const element = world.element();
    await authorize(element);
    await fault(capturePath, 'already-captured', element);
    expect(await capture(element)).toEqual(captured);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
  });

  test('that refuses the capture has the payment turned back and not declined', async () => {
    const element = world.element();
    await authorize(element);
    await fault(capturePath, 'decline', element);
    expect(await capture(element)).toMatchObject({
      answer: { outcome: 'turned-back', cause: { code: 'capture-refused' } },
    });
    expect(await voidIt(element)).toMatchObject({
      answer: { outcome: 'cancelled', cause: { code: 'capture-refused' } },
    });
    expect(await world.intents(element.id)).toEqual(['canceled 499 0 0']);
  });

  test('that never answers for one of a list holds up none of the others', async () => {
    const [slow, ...others] = Array.from({ length: 8 }, () => world.element()) as [PaymentElement, ...PaymentElement[]];
    await fault(confirmPath, 'hang', slow, {});
    const results = await world.payments.authorize([slow, ...others], { alone: false, patient: false });
    expect(results[0]).toMatchObject({ failed: expect.any(String) });
    expect(results.slice(1)).toEqual(others.map(() => authorized));
  });
});

describe('two at once', () => {
  test('of every step, in two processes, come to one charge', async () => {
    const element = world.element();
    const processes = [world.payments, world.another()];
    const both = (step: 'authorize' | 'capture'): Promise<(StepResult | undefined)[]> =>
      Promise.all(processes.map((one) => untilAnswered(() => one[step]([element], alone))));
    expect(await both('authorize')).toEqual([authorized, authorized]);
    expect(await both('capture')).toEqual([captured, captured]);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
  });

  test('of a capture and a void have one end, which both are told', async () => {
    for (let round = 0; round < 8; round++) {
      const element = world.element();
      await authorize(element);
      const [ofCapture, ofVoid] = await Promise.all([
        untilAnswered(() => world.another().capture([element], alone)),
        voidIt(element),
      ]);
      const [intent] = await world.intents(element.id);
      const isCaptured = intent === 'succeeded 499 499 0';
      expect(ofVoid).toMatchObject({ answer: { outcome: isCaptured ? 'captured' : 'cancelled' } });
      // A capture may be told that it is turned back, whatever the void then finds.
      if (!isCaptured) expect(ofCapture).toMatchObject({ answer: { outcome: 'turned-back' } });
      expect(await world.state(element.id)).toBe(isCaptured ? 'captured' : 'cancelled');
    }
  });

  test('of a create and a void leave no intent that anybody could pay', async () => {
    for (let round = 0; round < 8; round++) {
      const element = world.element();
      const authorizing = untilAnswered(() => world.another().authorize([element], alone));
      const voided = await voidIt(element);
      await authorizing;
      const [intent] = await world.intents(element.id);
      expect(voided).toEqual({ answer: { outcome: 'cancelled', cause } });
      expect([undefined, 'canceled 499 0 0', 'requires_confirmation 499 0 0']).toContain(intent);
    }
  });
});
