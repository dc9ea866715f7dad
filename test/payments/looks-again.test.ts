import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LooksAgain } from '../../src/payments/looks-again.service.js';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* Payments of which a reconciliation has found more at the provider than is known here. */

let world: PaymentsWorld;
let looks: LooksAgain;
beforeAll(async () => {
  world = await openPayments();
  looks = new LooksAgain(world.source);
});
afterAll(() => world.close());

const cause = { code: 'payment-expired', detail: 'The buyer has not paid in time.' };

/** The provider captures an intent for a purchase, of which nobody here knows. @returns its id */
async function captureFor(purchase: string): Promise<string> {
  const { id } = await world.provider.client(world.key).paymentIntents.create({
    ...{ amount: 499, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
    metadata: { title: 'arena', purchase },
  });
  return id;
}

/** Has everything about a payment looked at, and sees to its orphans until they are back. */
async function lookAgain(id: string, intents: string[]): Promise<void> {
  expect(await looks.note([{ id, title: 'arena', intents }])).toEqual([id]);
  for (let time = 0; time < 3; time++) {
    await world.orphans.see(100);
    await world.source.query('update payments.orphans set due_at = now() where due_at is not null');
  }
}

test('what was captured on another intent of a payment that has ended, or that has none, goes back', async () => {
  const [without, ended] = [world.element(), world.element({ method: null })];
  await world.payments.authorize([ended], alone);
  for (const one of [without, ended]) await world.payments.void([{ ...one, cause }], alone);
  for (const { id } of [without, ended]) {
    const intent = await captureFor(id);
    await lookAgain(id, [intent]);
    expect(await world.intents(id)).toContain('succeeded 499 499 499');
  }
});

test('a second capture beside that of a captured payment is left to a person', async () => {
  const element = world.element();
  await world.payments.authorize([element], alone);
  await world.payments.capture([element], alone);
  await lookAgain(element.id, [await captureFor(element.id)]);
  expect(await world.intents(element.id)).toEqual(['succeeded 499 499 0', 'succeeded 499 499 0']);
});

test('an orphan of which not all is known is due again, and one that is back and done with is not', async () => {
  const element = world.element();
  await world.payments.void([{ ...element, cause }], alone);
  const add = `insert into payments.orphans (payment, title, provider, reference, state, currency, captured, fee,
      fee_currency)
    select $1, 'arena', 'stripe', reference, state, 'EUR', 499, 1, 'EUR'
    from (values ('pi_open', 'refunding'), ('pi_back', 'returned')) o (reference, state)`;
  await world.source.query(add, [element.id]);
  await looks.note([{ id: element.id, title: 'arena', intents: [] }]);
  const due = `select reference from payments.orphans where payment = $1 and due_at <= now() order by reference`;
  expect(await world.source.query(due, [element.id])).toContainEqual({ reference: 'pi_open' });
  expect(await world.source.query(due, [element.id])).not.toContainEqual({ reference: 'pi_back' });
});
