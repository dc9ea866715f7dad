import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PaymentElement, StepResult } from '../../src/payments/payments.types.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* The step that has a payment authorised and captures it at once, with the simulator as provider. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterAll(() => world.close());

const pay = async (element: PaymentElement): Promise<StepResult | undefined> =>
  (await world.payments.pay([element], alone))[0];

describe('a payment', () => {
  test('is paid by one step, which captures at once what is authorised', async () => {
    const element = world.element();
    expect(await pay(element)).toEqual({ answer: { outcome: 'captured' } });
    expect(await pay(element)).toEqual({ answer: { outcome: 'captured' } });
    expect(await world.operations(element.id)).toEqual([
      'create:1 succeeded',
      'confirm:1 succeeded',
      'capture:1 succeeded',
    ]);
  });

  test('that is declined is not captured', async () => {
    const element = world.element({ method: 'pm_card_chargeDeclinedInsufficientFunds' });
    expect(await pay(element)).toMatchObject({ answer: { outcome: 'turned-back' } });
    expect(await world.operations(element.id)).toEqual(['create:1 succeeded', 'confirm:1 failed']);
  });

  test('that is authorised and cannot be captured now is answered so, and captured by the next step', async () => {
    const element = world.element();
    await world.provider.fault({
      on: { method: 'POST', path: '/v1/payment_intents/*/capture', reference: element.id },
      fault: 'garbage',
      times: 1,
    });
    await expect(pay(element)).resolves.toEqual({ answer: { outcome: 'authorized' } });
    expect(await world.operations(element.id)).toContain('capture:1 unknown');
    expect(await world.payments.capture([element], alone)).toEqual([{ answer: { outcome: 'captured' } }]);
    expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0']);
  });
});
