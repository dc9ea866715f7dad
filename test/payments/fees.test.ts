import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { alone, openPayments, type PaymentsWorld } from './payments-world.js';

/* What the provider keeps of a payment: known later than the capture, told once it is known, until it is booked. */

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
beforeEach(async () => {
  await world.source.query('update payments.payments set fee_due_at = null');
});
afterAll(() => world.close());

async function captured(): Promise<string> {
  const element = world.element();
  await world.payments.authorize([element], alone);
  await world.payments.capture([element], alone);
  return element.id;
}

/** Has all fees that are not booked be due now. */
async function dueNow(): Promise<void> {
  await world.source.query('update payments.payments set fee_due_at = now() where fee_due_at is not null');
}

test('a fee is asked for until the provider tells it, and then until it is booked', async () => {
  const id = await captured();
  expect(await world.fees.find(10)).toEqual({ looked: 1, movements: [] });
  // It is not due again at once.
  expect(await world.fees.find(10)).toEqual({ looked: 0, movements: [] });
  await world.provider.act('settle', id);
  await dueNow();
  // 1.5 % of 499 and 25.
  const fee = { key: `fee/${id}`, kind: 'fee', id, title: 'arena', provider: 'stripe', amount: 32n, currency: 'EUR' };
  expect(await world.fees.find(10)).toEqual({ looked: 1, movements: [fee] });
  await dueNow();
  const calls = (await world.effects()).calls.length;
  expect(await world.fees.find(10)).toEqual({ looked: 1, movements: [fee] });
  expect((await world.effects()).calls).toHaveLength(calls);
  await world.fees.booked([id]);
  await dueNow();
  expect(await world.fees.find(10)).toEqual({ looked: 0, movements: [] });
});

test('nothing is asked about what was not captured', async () => {
  const element = world.element();
  await world.payments.authorize([element], alone);
  await dueNow();
  expect(await world.fees.find(10)).toEqual({ looked: 0, movements: [] });
});

test('a fee that cannot be asked for is due again, and says so to nobody who waits', async () => {
  await captured();
  await world.provider.fault({ on: { method: 'GET' }, fault: 'status', status: 500, times: 1 });
  expect(await world.fees.find(10)).toEqual({ looked: 1, movements: [] });
  const [row] = await world.source.query<{ due: boolean }[]>(
    'select fee_due_at > now() as due from payments.payments where fee_due_at is not null',
  );
  expect(row).toEqual({ due: true });
});
