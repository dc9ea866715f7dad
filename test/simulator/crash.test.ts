import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { asked, errorOf, Provider } from './provider.js';

let provider: Provider;
let stripe: Stripe;
let account: string;

beforeAll(async () => {
  provider = await Provider.start();
  account = provider.newKey();
  stripe = provider.client(account);
});
afterAll(() => provider.close());

test('the books after kill -9 are those of before: every answer, key, fault and call', async () => {
  const { id } = await stripe.paymentIntents.create({ ...asked, metadata: { purchase: 'pur_1' } });
  await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.capture(id, { amount_to_capture: 1500 }, { idempotencyKey: 'k1' });
  await stripe.refunds.create({ payment_intent: id, amount: 100 });
  await provider.act('settle', id);
  await provider.act('dispute-open', id, '200');
  await provider.fault({ on: { method: 'POST', path: '/v1/payment_intents' }, fault: 'status', times: 2, account });
  const lists = () =>
    Promise.all([
      stripe.paymentIntents.list(),
      stripe.charges.list(),
      stripe.refunds.list(),
      stripe.disputes.list(),
      stripe.balanceTransactions.list(),
      stripe.events.list({ limit: 100 }),
    ]).then((all) => all.map(({ data, has_more }) => ({ data, has_more })));
  const before = await lists();
  const effects = await provider.effects({ account });

  await provider.kill();
  await provider.run();

  expect((await provider.effects({ account })).intents).toEqual(effects.intents);
  expect((await provider.effects({ account })).calls).toEqual(effects.calls);
  expect(await lists()).toEqual(before);
  const again = await stripe.paymentIntents.capture(id, { amount_to_capture: 1500 }, { idempotencyKey: 'k1' });
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  for (const _ of [1, 2]) expect(await errorOf(stripe.paymentIntents.create(asked))).toMatchObject({ statusCode: 500 });
  expect(await stripe.paymentIntents.create(asked)).toMatchObject({ amount: 1999 });
});

test('a line that the machine has not finished is left out, and the books go on after it', async () => {
  const { id } = await stripe.paymentIntents.create(asked);
  await provider.kill();
  provider.writeToJournal('[["intent","pi_half",{"id":"pi_h');
  await provider.run();
  const { id: next } = await stripe.paymentIntents.create(asked);
  await provider.kill();
  await provider.run();
  const known = (await provider.effects({ account })).intents.map(({ reference }) => reference);
  expect(known.slice(-2)).toEqual([id, next]);
});

test('what was answered just before kill -9 is there, whenever it strikes', async () => {
  const answered: string[] = [];
  for (let round = 0; round < 3; round++) {
    const creating = Array.from({ length: 20 }, async () => {
      answered.push((await stripe.paymentIntents.create(asked)).id);
    });
    await Promise.race(creating);
    const striking = provider.kill();
    await Promise.allSettled(creating);
    await striking;
    await provider.run();
  }
  expect(answered.length).toBeGreaterThan(2);
  const known = new Set((await provider.effects({ account })).intents.map(({ reference }) => reference));
  expect(answered.filter((id) => !known.has(id))).toEqual([]);
});
