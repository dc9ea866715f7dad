import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { asked } from '../../simulator/provider.js';
import { alone } from '../../payments/payments-world.js';
import { openMoney, type MoneyWorld } from './money-world.js';

/* Ordinary histories of money, of which nothing is found. */

let world: MoneyWorld;
beforeAll(async () => {
  world = await openMoney();
});
afterAll(() => world.close());

const clearing = 'system:clearing:stripe EUR';

test('nothing is found of captures, refunds from the dashboard and disputes of every end', async () => {
  const [paid, refunded, back, inquiry, won, lost, prevented] = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7].map(() => world.bought()),
  );
  const { act } = { act: (name: string, id = '', amount?: string) => world.provider.act(name, id, amount) };
  await act('settle', paid?.id);
  await act('dashboard-refund', refunded?.id, '3');
  await act('dashboard-refund', refunded?.id, '4');
  const failing = (await act('dashboard-refund', back?.id)) as { id: string };
  await act('dispute-inquiry', inquiry?.id);
  await act('dispute-open', won?.id);
  await act('dispute-open', lost?.id, '250');
  await act('dispute-prevented', prevented?.id);
  await world.settle();
  await act('buyer-fails', failing.id);
  await act('dispute-won', won?.id);
  await act('dispute-lost', lost?.id);
  for (let times = 0; times < 3; times++) await world.settle();
  await world.source.query('update payments.payments set fee_due_at = now() where fee_due_at is not null');
  const { movements } = await world.fees.find(100);
  await world.book(movements as never, { booked: () => Promise.resolve() } as never);
  await world.fees.booked(movements.map(({ id }) => id));
  expect(await world.found()).toEqual([]);
});

test('a capture that the ledger lacks, and one that the provider lacks, are found with their amounts', async () => {
  const element = world.element();
  await world.payments.authorize([element], alone);
  await world.payments.capture([element], alone);
  await world.purchase(element.id, 'accepted');
  expect(await world.found(['payments'])).toEqual([`10 ${element.id} player:ann EUR 499`]);
  await world.damage(`update purchases.purchases set state = 'completed', closed_at = now() where id = $1`, [
    element.id.slice(4),
  ]);
  expect(await world.found(['payments'])).toEqual([]);
});

test('money without a key is found, and that of another application is counted', async () => {
  const stripe = world.provider.client(world.key);
  const one = await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_visa', confirm: true });
  const captured = await stripe.paymentIntents.capture(one.id);
  const other = await stripe.paymentIntents.create({
    ...asked,
    payment_method: 'pm_card_visa',
    confirm: true,
    description: 'A membership',
  });
  await stripe.paymentIntents.capture(other.id);
  expect(await world.found(['provider'])).toEqual([`22 ${String(captured.latest_charge)} ${clearing} 1999`]);
});
